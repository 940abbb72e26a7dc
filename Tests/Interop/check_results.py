"""Whether lm-eval's own table takes a result file of tenbin, and has its numbers.

  python check_results.py RESULTS.json    (needs lm_eval)
"""
import importlib.metadata
import json
import sys

from lm_eval.utils import make_table


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            results = json.load(file)
        table = make_table(json.loads(json.dumps(results)))
        print(table)
        cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
        values = [row[6] for row in cells]
        for task, scores in results["results"].items():
            for key, value in scores.items():
                metric, _, name = key.partition(",")
                if key == "alias" or metric.endswith("_stderr"):
                    continue
                text = f"{value:.4f}" if isinstance(value, float) else str(value)
                # The writer of tables drops zeros at the end.
                found = [cell for cell in values if cell == text or as_number(cell) == as_number(text)]
                assert found, (task, key, text, values)
        print(f"{path}: {len(cells)} rows, lm_eval {importlib.metadata.version('lm_eval')}")


def as_number(text):
    try:
        return float(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
