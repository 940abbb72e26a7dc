"""What the regular expressions of HF tokenizers (Oniguruma) replace in texts that make many ways through
a pattern: regex.json for RegexTests.

    python make_regex.py        # tokenizers 0.23.3, seed 11
"""

import json
import random
from pathlib import Path

import tokenizers
from tokenizers import Regex, normalizers

SEED = 11


def atom(r: random.Random, depth: int) -> str:
    choice = r.random()
    if depth == 0 or choice < 0.45:
        return r.choice(["a", "b", "c", "[ab]", "[^a]", ".", "a"])
    body = pattern(r, depth - 1)
    return r.choice(["(%s)", "(?:%s)", "(%s)", "(?>%s)", "(?=%s)", "(?!%s)", "(?<=a)%s", "(?<!b)%s"]) % body


def pattern(r: random.Random, depth: int) -> str:
    branches = []
    for _ in range(r.choice([1, 1, 2, 3])):
        parts = []
        for _ in range(r.choice([1, 2, 3])):
            parts.append(atom(r, depth) + r.choice(["", "", "*", "+", "?", "*?", "+?", "??", "{1,3}", "*+"]))
        branches.append("".join(parts))
    return "|".join(branches)


def main() -> None:
    r = random.Random(SEED)
    cases = []
    while len(cases) < 400:
        text = pattern(r, 3)
        if len(text) > 60:
            continue
        # A tail that seldom matches has every way tried.
        if r.random() < 0.5:
            text = f"(?:{text})+[c]"
        sample = "".join(r.choices("aaabbc" if r.random() < 0.5 else "aaaaab", k=r.choice([4, 9, 16])))
        try:
            found = normalizers.Replace(Regex(text), "-").normalize_str(sample)
        except Exception:
            continue
        cases.append([text, sample, found])
    out = {"made_with": f"tokenizers {tokenizers.__version__}", "seed": SEED, "cases": cases}
    path = Path(__file__).parent / "regex.json"
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    head = json.dumps({k: v for k, v in out.items() if k != "cases"})[:-1]
    path.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
    print(len(cases), sum(case[1] != case[2] for case in cases))


main()
