"""Compares the running text of a MediaWiki dump with mwparserfromhell's, article by article.

usage: tenbin calib build --source DUMP.xml.bz2 --take first:100000 --layout document \\
         --tokenizer MODEL_DIR --output s.sqlite && tenbin calib export s.sqlite --output s.jsonl
       python compare_wikitext.py DUMP.xml.bz2 s.jsonl      (mwparserfromhell 0.7)

Prints the share of lines with residue, and the sentences of mwparserfromhell's text of which less
than half is found in ours.
"""
import bz2
import html
import json
import re
import sys

import mwparserfromhell

MARKS = ["{{", "}}", "[[", "]]", "|-", "thumb|", "style=", "<ref", "</", "（）", "()", "（、", "は、の"]
HIDDEN = re.compile(r"(?i)\s*(file|image|media|ファイル|画像|メディア|category|カテゴリ)")
BACK = re.compile(r"\n(脚注|関連項目|出典|参照|外部リンク|参考文献|注釈|関連文献)\s*\n")


def essence(text):
    return re.sub(r"[\s　、,，（）()・'\"「」]+", "", text)


def plain(source):
    """The text as the HF wikipedia script makes it, up to the sections behind the article."""
    code = mwparserfromhell.parse(source)
    doomed = [link for link in code.filter_wikilinks() if HIDDEN.match(str(link.title))]
    doomed += code.filter_tags(matches=lambda tag: str(tag.tag).lower() in
                               ("ref", "table", "gallery", "math"))
    for node in doomed:
        try:
            code.remove(node)
        except ValueError:
            pass  # inside a node that is gone already
    text = code.strip_code()
    cut = BACK.search(text)
    return text[: cut.start()] if cut else text


def main():
    ours = {}
    for line in open(sys.argv[2], encoding="utf-8"):
        row = json.loads(line)
        ours[row["provenance"][0]["id"]] = row["text"]
    lines = [line for text in ours.values() for line in text.split("\n")]
    bad = [line for line in lines if any(mark in line for mark in MARKS)]
    print(f"{len(ours)} articles, {len(lines)} lines, {len(bad)} with residue")
    dump = bz2.open(sys.argv[1], "rt", encoding="utf-8", errors="replace").read()
    total, lost = 0, []
    for page in dump.split("<page>")[1:]:
        found = re.search(r"<id>(\d+)</id>.*?<text[^>]*>(.*?)</text>", page, re.S)
        if not found or found[1] not in ours:
            continue
        text = essence(ours[found[1]])
        for sentence in re.findall(r"[^。\n]+。", plain(html.unescape(found[2]))):
            letters = essence(sentence)
            if len(letters) < 15 or "|" in letters or "{" in letters:
                continue
            total += 1
            parts = [letters[i : i + 10] for i in range(0, len(letters) - 9, 10)]
            if sum(part in text for part in parts) * 2 < len(parts):
                lost.append(sentence.strip())
    print(f"{total} sentences, {len(lost)} of them lost")
    for sentence in lost:
        print(sentence[:120])


main()
