"""What Python's unicodedata and neologdn make of strings made to trip normalisers.

usage: python make_normalization.py OUTPUT.json COUNT      (neologdn 0.5.6)

NFKC: every half-width kana with and without both sound marks, then COUNT random strings of scalars
that Unicode 14 knows; neologdn: COUNT random strings.
"""
import json
import random
import sys
import unicodedata

import neologdn

POOL = ("日本語 漢字　カタカナ ひらがな ｱｲｳｶﾞｷﾞﾊﾟﾋﾟｳﾞﾞﾟ゛゜か゛は゜う゛ー－―─━ｰ〜～∼∾〰~-‐‑‒–−˗₋⁻֊⁃ １２３ＡＢｃｄ "
        "!！\"”“’‘'`＃＄％＆（）＊*＋，．／：；＜＝＞？＠［］＾＿｛｜｝｡､･｢｣¥￥abc DEF PRML 副読本 1995〜2001 \t\n…①㎡㍿ワ゛ヲ゛が\u3099か\u3099")


def assigned(rng):
    while True:
        blocks = [(0x20, 0x250), (0x300, 0x370), (0x2000, 0x2BFF), (0x3000, 0x33FF),
                  (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1100, 0x11FF), (0xF900, 0xFFEF),
                  (0x1F100, 0x1F2FF), (0x1D400, 0x1D7FF)]
        low, high = rng.choice(blocks)
        char = chr(rng.randrange(low, high))
        if unicodedata.category(char) not in ("Cn", "Cs"):
            return char


def main():
    count = int(sys.argv[2])
    rng = random.Random(42)
    kana = [chr(c) for c in range(0xFF66, 0xFFA0)]
    texts = kana + [k + m for k in kana for m in "ﾞﾟ\u3099\u309a゛゜"]
    texts += ["".join(assigned(rng) for _ in range(rng.randrange(1, 9))) for _ in range(count)]
    nfkc = [[t, unicodedata.normalize("NFKC", t)] for t in texts]
    texts = ["".join(rng.choice(POOL) for _ in range(rng.randrange(1, 25))) for _ in range(count)]
    texts += list(POOL) + kana
    neo = [[t, neologdn.normalize(t)] for t in texts]
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump({"generator": "make_normalization.py", "unidata": unicodedata.unidata_version,
                   "seed": 42, "nfkc": nfkc, "neologdn": neo}, out, ensure_ascii=False,
                  separators=(",", ":"))
        out.write("\n")


main()
