"""Writes Fixtures/demo-tokens.json: token ids of the bundled sample corpus, for Hessians of the demo
model as real text makes them.

    python make_demo_tokens.py MODEL_DIR CORPUS.xml Fixtures/demo-tokens.json
"""

import json
import re
import sys

import tokenizers


def main(model, corpus, path):
    tokenizer = tokenizers.Tokenizer.from_file(f"{model}/tokenizer.json")
    with open(corpus, encoding="utf-8") as file:
        texts = re.findall(r"<text[^>]*>(.*?)</text>", file.read(), re.DOTALL)
    ids = [i for text in texts for i in tokenizer.encode(text).ids]
    windows = [ids[i : i + 512] for i in range(0, 16 * 512, 512)]
    with open(path, "w") as file:
        json.dump({"made_by": {"tokenizers": tokenizers.__version__}, "windows": windows}, file,
                  separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
