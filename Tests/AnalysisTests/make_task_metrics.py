"""What fuzzywuzzy, Python and scipy make of answers, for the metrics of tasks.

  python make_task_metrics.py REPOSITORY
  (needs fuzzywuzzy 0.18.0, python-Levenshtein 0.21.1 as llm-jp-eval pins them, and scipy)

Writes Fixtures/task-metrics.json.gz: pairs with fuzz.token_sort_ratio; texts with float(); texts
stripped, in lower and upper case, in NFKC; lists with pearsonr and spearmanr.
"""
import difflib
import gzip
import importlib.metadata
import json
import math
import pathlib
import platform
import random
import sys
import unicodedata
import warnings

from fuzzywuzzy import fuzz
from fuzzywuzzy.StringMatcher import StringMatcher
from scipy import stats

assert fuzz.SequenceMatcher is StringMatcher, "python-Levenshtein is not installed"
SEED = 20261127
chance = random.Random(SEED)


def scalars(*ranges):
    return [
        chr(code)
        for first, last in ranges
        for code in range(first, last + 1)
        if unicodedata.category(chr(code)) != "Cn"
    ]


POOLS = {
    "hiragana": scalars((0x3041, 0x3096)),
    "katakana": scalars((0x30A1, 0x30FE)),
    "half-width kana": scalars((0xFF66, 0xFF9F)),
    "kanji": list("東京大阪府県市町村山川田中日本人名前年月時分円株式会社昨今春夏秋冬々〇〆神﨑髙吉"),
    "ascii": scalars((0x21, 0x7E)),
    "digits": list("0123456789.,-+"),
    "full width": scalars((0xFF01, 0xFF5E)),
    "latin 1": scalars((0x80, 0xFF)),
    "latin": scalars((0x100, 0x17F), (0x1E00, 0x1EFF)) + list("İıſßẞŉǰ"),
    "greek": scalars((0x386, 0x3CE)) + list("ΣΣΣσς"),
    "cyrillic": scalars((0x400, 0x4FF)),
    "marks": scalars((0x300, 0x36F), (0x3099, 0x309C)),
    "numbers": list("①②⑳Ⅳⅷ½¾²³₄〇㊀㈱٣५๓𝟘"),
    "hangul": scalars((0xAC00, 0xAC40), (0x1100, 0x1110)),
    "symbols": list("、。・「」『』（）〜ー…！？：；→⇒★☆😀👨‍👩‍👧🇯🇵_＿㎏℃"),
}
SPACES = list(" \t\n\r\v\f\x1c\x1f\x85\xa0　\u2028\u2009") + [" "] * 12
COMMON = ["hiragana", "katakana", "kanji", "ascii", "digits", "symbols"]


def word(length):
    pool = chance.choice(COMMON if chance.random() < 0.7 else list(POOLS))
    return "".join(chance.choice(POOLS[pool]) for _ in range(length))


def text():
    words = [word(chance.randint(1, 8)) for _ in range(chance.choice([1, 1, 2, 3, 5, 9]))]
    if chance.random() < 0.02:
        words = [word(chance.randint(60, 140)) for _ in range(2)]
    joint = chance.choice(SPACES) if chance.random() < 0.6 else ""
    return joint.join(words)


def changed(gold):
    kind = chance.random()
    if kind < 0.06:
        return gold
    if kind < 0.12:
        return text()
    if kind < 0.22:
        parts = gold.split()
        chance.shuffle(parts)
        return chance.choice(SPACES).join(parts)
    if kind < 0.27:
        return gold.swapcase()
    if kind < 0.32:
        return unicodedata.normalize("NFKC", gold)
    letters = list(gold)
    for _ in range(max(1, int(len(letters) * chance.random() * 0.6))):
        place = chance.randrange(len(letters) + 1)
        action = chance.random()
        if action < 0.4 and letters:
            del letters[min(place, len(letters) - 1)]
        elif action < 0.7:
            letters.insert(place, word(1))
        elif letters:
            letters[min(place, len(letters) - 1)] = chance.choice(SPACES + [word(1)])
    return "".join(letters)


pairs = [
    ["", ""], ["。", "？"], ["", "東京"], ["東京", ""], ["。", "東京"], ["é", "è"], ["ΑΣ ΣΑ", "ας σα"],
    # 100 · ratio ends in .5: 5/16 and 11/16 are 31.25, 3/8 and 5/8 are 37.5 and 62.5.
    ["あいう", "あえおかき"], ["あいうえお", "あいうえおかきくけこさ"], ["abcx", "yzaw"],
    ["aaaaabcd", "aaaaaxyz"], ["abcdefgh" * 2, "abcdefg1" * 2],
]
# Every length and overlap up to 40 whose percentage ends in .5, where rounding goes to the even.
for total in range(2, 41):
    for shared in range(0, total // 2 + 1):
        if shared and (200 * shared * 2) % total == 0 and (200 * shared * 2 // total) % 2 == 1:
            rest = total - 2 * shared
            pairs.append(["あ" * shared + "x" * (rest // 2), "あ" * shared + "y" * (rest - rest // 2)])
while len(pairs) < 2400:
    gold = text()
    pairs.append([changed(gold), gold])
ratios = [[pred, gold, fuzz.token_sort_ratio(pred, gold)] for pred, gold in pairs]


def number(text):
    try:
        value = float(text)
    except ValueError:
        return None
    return "nan" if math.isnan(value) else repr(value)


figures = [
    "3", "3.0", " 3 ", "３", "1,000", "1_000", "1__000", "_1", "1_", "1_.5", "1._5", "1.5_0", "1e3", "1E-3",
    "1e", "1e+", "e3", ".", ".5", "5.", "+5", "-5", "+-5", "nan", "-NaN", "inf", "-Infinity", "infinit", "0x10",
    "1e400", "-1e400", "٣", "५.२", "1 2", "", " ", "\u3000７\u3000", "½", "²", "1\x1c", "1\x00", "12円", "1e1_0",
    "1_e1", "0b1", "1f", "−5", "1.2.3", "１\x1c", "\x0b1",
]
words = [
    word
    for word in (text() for _ in range(300))
    if not any(part in word for part in ["'", '"', "\n\n"])
] + [
    "ΑΣ", "Σ", "ΑΣ.Α", "ΑΣ́", "ß İ ŉ", "\x1c a \x1f", "\u200b a",
]


def correlation(x, y):
    result = []
    for function in [stats.pearsonr, stats.spearmanr]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = float(function(x, y)[0])
        result.append(None if math.isnan(value) else value)
    return {"x": x, "y": y, "pearson": result[0], "spearman": result[1]}


lists = [
    correlation([0.0, 1.0], [5.0, 2.0]),
    correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]),
    correlation([0.1, 0.1, 0.1], [0.3, 0.1, 0.2]),
    correlation([1.0, 2.0, 3.0], [4.0, 4.0, 4.0]),
    correlation([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]),
    correlation([1.0, 2.0, 3.0, 4.0], [-1.0, -8.0, -27.0, -64.0]),
]
for size in [3, 4, 7, 20, 50]:
    for digits in [0, 1, 6]:
        x = [round(chance.uniform(0, 5), digits) for _ in range(size)]
        y = [round(value * 0.5 + chance.gauss(0, 1.5), digits) for value in x]
        y = [-2.0 if chance.random() < 0.1 else value for value in y]
        lists.append(correlation(x, y))

packages = ["fuzzywuzzy", "python-Levenshtein", "Levenshtein", "RapidFuzz", "scipy", "numpy"]
result = {
    "versions": {
        **{name: importlib.metadata.version(name) for name in packages},
        "python": platform.python_version(),
        "unicode": unicodedata.unidata_version,
    },
    "seed": SEED,
    "ratios": ratios,
    "figures": [[text, number(text)] for text in figures],
    "words": [
        {
            "text": text,
            "strip": unicodedata.normalize("NFKC", text.strip()),
            "lower": unicodedata.normalize("NFKC", text.strip().lower()),
            "upper": unicodedata.normalize("NFKC", text.strip().upper()),
        }
        for text in words
    ],
    "correlations": lists,
}
root = pathlib.Path(sys.argv[1])
data = json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode()
path = root / "Tests/AnalysisTests/Fixtures/task-metrics.json.gz"
path.write_bytes(gzip.compress(data, 9, mtime=0))
fuzz.SequenceMatcher = difflib.SequenceMatcher
differ = sum(fuzz.token_sort_ratio(pred, gold) != ratio for pred, gold, ratio in ratios)
print(f"{len(ratios)} pairs, {len(data)} bytes, {path.stat().st_size} compressed")
print(f"difflib, which fuzzywuzzy falls back to, differs on {differ} of them")
