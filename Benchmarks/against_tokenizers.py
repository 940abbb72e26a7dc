"""Single-thread throughput of tenbin's tokenizer and of HF tokenizers, in turns, on the same file.

usage: python against_tokenizers.py TENBIN MODEL_DIR FILE.jsonl      (tokenizers 0.23)

Prints a Markdown table: median of five turns in MB of UTF-8 a second of processor time, and whether the numbers of
tokens agree.
"""
import json
import os
import statistics
import subprocess
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402


def main():
    tenbin, model, path = sys.argv[1:4]
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
    texts = [json.loads(line)["text"] for line in open(path, encoding="utf-8")]
    size = sum(len(text.encode()) for text in texts) / 1e6
    ours, theirs = [], []
    for _ in range(5):
        answer = json.loads(subprocess.run(
            [tenbin, "calib", "throughput", "--tokenizer", model, "--source", path],
            check=True, capture_output=True).stdout)
        ours.append(answer["megabytes_per_second"])
        start = time.process_time()
        count = sum(len(tokenizer.encode(text).ids) for text in texts)
        theirs.append(size / (time.process_time() - start))
    print(f"| {os.path.basename(path)}, {size:.1f} MB | MB/s | tokens |\n|---|---|---|")
    print(f"| tenbin | {statistics.median(ours):.2f} | {answer['tokens']} |")
    print(f"| HF tokenizers {tokenizers.__version__}, one thread | {statistics.median(theirs):.2f} "
          f"| {count} |")


main()
