"""Encodes strings made to trip tokenizers with HF tokenizers and writes what it answers.

usage: python make_goldens.py OUTPUT_DIR COUNT TOKENIZER.json...

For each tokenizer OUTPUT_DIR/NAME.golden.json: the fixed strings below and COUNT random ones with
their ids (with special tokens), and the ids decoded without special tokens. NAME is the file's
stem, or its folder's name for a tokenizer.json.
"""
import json
import pathlib
import random
import sys

import tokenizers

SEED = 20260824
FIXED = [
    "", " ", "  ", "\n", "\r\n", "\t", "\u3000", "\u00a0", "\u200b", "\ufeff", "\x00", "a", "A b",
    "「東京」は、日本の首都。１２３４年〇〇年①②", "　全角スペース　で始まる", "ー々〆ヶ゛゜〜～",
    "か\u3099き", "がき", "パ\u309a", "ﾊﾟﾋﾟｶﾞ", "\ufa19社 神社", "葛\U000e0100飾", "\U00020bb7野家",
    "it's IT'S it'\u017f you'Ve I'LL 'd'D 'mm", "'s", "a's\n's", "1 22 333 4444 55555 ١٢٣٤",
    "a\r\nb\r\r\n\nc \r\n  d\n", "  \n  \n", "x  ", "x \n ", "trailing \t", "\n\n\n x", " \n\tx",
    "👨‍👩‍👧‍👦 🇯🇵 👍🏽 ❤️", "①②③ ㍿ ㌔ ㎡ ℃ ½", "<0x41> <s> </s> <unk> [UNK] ▁ ▁▁a",
    "<|begin_of_text|>こんにちは<|end_of_text|>", "<|begin_of_text|><|begin_of_text|> x",
    "a<|end_of_text|>  \n<|end_of_text|", "<|endoftext|> <|im_start|>user\n", "  <mask>  x<mask>y",
    "東" * 500, "Ab" * 300, "！？" * 200, "123" * 100, " " * 40 + "x", "é e\u0301 ﬁ ẞ İ ǅ", "ΑΒΓ ς",
    "def f(x):\n\treturn x**2  # 二乗\n\n", "https://例え.jp/パス?q=%E3%81%82&x=1#a", "ﾠㅤ",
    "한국어 가각 ㄱㅏ \u1100\u1161", "العربية हिन्दी ไทย עברית", "\u0085\u2028\u2029\x0b\x0c",
    "\u06dd\u0600\u00ad\u2060\ufffd\U0010ffff", "ⅣⅧⅻ ⓐⒷ ㊤㊙", "A\u030a\u0327\u0327\u030a",
]
POOL = [
    "日本語の文章です。", "東京都", "カタカナ", "ひらがな", "漢字仮名交じり文", "ﾊﾝｶｸｶﾅ", "ｶﾞｷﾞ", "か\u3099",
    "ー", "々", "〇", "〜", "～", "・", "…", "、", "。", "「", "」", "（", "）", "『", "』", "！", "？",
    "１２３", "2024年", "12345", "3.14", "①", "㍿", "㎡", "½", "Ⅳ", " ", "  ", "   ", "\u3000", "\u00a0",
    "\n", "\r\n", "\r", "\t", "\n\n", "\u200b", "\u200d", "\ufeff", "\u0085", "\u2028", "hello", "World",
    "the ", "don't", "I'll", "WE'RE", "naïve", "e\u0301", "ß", "İ", "ǅ", "한국어", "العربية", "हिन्दी",
    "😀", "👨‍👩‍👧", "🇯🇵", "👍🏽", "❤️", "\U00020bb7", "\ufa19", "葛\U000e0100", "<|begin_of_text|>",
    "<|end_of_text|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "<unk>", "<mask>", "<0x41>", "<0xE3>",
    "▁", "Ġ", "Ċ", "ã", "_", "-", "--", "==", "''", "'", '"', "`", "\\", "/", "{}", "[]", "|", "#", "@",
    "\x00", "\x7f", "\u00ad", "\ufffd", "\U0010ffff", "ⅷ", "ﬁ", "Å", "Ω", "HELLO", "东京", "東京", "ｶﾅ", "a--b", "the", "ＡＢ", "\U0001F1EF\U0001F1F5", "ﾞ", "゛", "ﾟ", "\u3099", "\u309a",
]


def random_string(rng):
    """A mix of the pool, of random scalars and of repetitions."""
    parts = []
    for _ in range(rng.randrange(1, 14)):
        kind = rng.random()
        if kind < 0.7:
            parts.append(rng.choice(POOL))
        elif kind < 0.78:
            parts.append("".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(rng.randrange(1, 9))))
        elif kind < 0.84:
            parts.append("".join(chr(rng.randrange(0x3041, 0x30FF)) for _ in range(rng.randrange(1, 9))))
        elif kind < 0.9:
            parts.append("".join(chr(rng.randrange(0x20, 0x250)) for _ in range(rng.randrange(1, 7))))
        elif kind < 0.95:
            blocks = [(0x300, 0x1200), (0x2000, 0x2C00), (0xAC00, 0xD7A3), (0xFE00, 0xFFFF),
                      (0x1F000, 0x1FAFF), (0x20000, 0x2FFFF)]
            low, high = rng.choice(blocks)
            parts.append("".join(chr(rng.randrange(low, high)) for _ in range(rng.randrange(1, 4))))
        else:
            parts.append(rng.choice(POOL) * rng.randrange(2, 40))
    return "".join(parts)


def main():
    out, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for path in map(pathlib.Path, sys.argv[3:]):
        name = path.parent.name if path.name == "tokenizer.json" else path.stem
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        rng = random.Random(f"{SEED}{name}")
        texts = FIXED + [random_string(rng) for _ in range(count)]
        cases = []
        for text in texts:
            ids = tokenizer.encode(text).ids
            cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids)})
        with open(out / f"{name}.golden.json", "w") as file:
            json.dump({"generator": "make_goldens.py", "tokenizers": tokenizers.__version__,
                       "seed": SEED, "tokenizer": name, "cases": cases}, file,
                      ensure_ascii=False, separators=(",", ":"))
            file.write("\n")


main()
