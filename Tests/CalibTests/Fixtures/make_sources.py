"""Writes the sample sources of the tests in every format; run in this folder (pyarrow 26).

usage: python make_sources.py
"""
import bz2
import datetime
import decimal
import gzip
import json
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = [json.loads(line) for line in open("articles.jsonl", encoding="utf-8")]
TEXTS = [row["text"] for row in ROWS]
PLAIN = open("articles.jsonl", "rb").read()


def table(count):
    texts = [TEXTS[i % 4] if i % 7 else f"{i}番目の{TEXTS[i % 4]}" for i in range(count)]
    return pa.table({
        "id": pa.array([i * 10 for i in range(count)], pa.int64()),
        "title": pa.array([f"題{i // 3}" for i in range(count)], pa.string()),
        "text": pa.array([None if i % 50 == 49 else t for i, t in enumerate(texts)], pa.string()),
        "meta": pa.array([{"url": f"u{i}", "tags": ["a"] * (i % 3)} for i in range(count)]),
        "score": pa.array([i / 3 for i in range(count)], pa.float64()),
    })


def parquet(name, count=120, required=False, **options):
    data = table(count)
    if required:
        texts = [t or "空" for t in data["text"].to_pylist()]
        data = pa.table({"text": texts, "id": data["id"]}, schema=pa.schema(
            [pa.field("text", pa.string(), nullable=False), pa.field("id", pa.int64(), False)]))
    pq.write_table(data, name, **options)
    rows = [{"id": str(r["id"]), "text": r["text"]} for r in data.to_pylist()]
    return {"file": name, "rows": rows}


def types():
    """A column of every kind, of which only the first holds texts."""
    day = datetime.date(2024, 4, 1)
    turn = pa.struct([("role", pa.string()), ("content", pa.string())])
    pq.write_table(pa.table({
        "body": ["一", "二"],
        "text": pa.array([1, 2], pa.int64()),
        "lines": pa.array([["一"], ["二", "三"]]),
        "messages": pa.array([[{"role": "user", "content": "一"}]] * 2, pa.list_(turn)),
        "meta": [{"url": "u"}] * 2,
        "tags": pa.array([[("a", 1)]] * 2, pa.map_(pa.string(), pa.int32())),
        "score": [0.5, 1.0],
        "kept": [True, False],
        "day": [day] * 2,
        "price": pa.array([decimal.Decimal("1.50")] * 2, pa.decimal128(5, 2)),
        "raw": pa.array([b"x"] * 2, pa.binary()),
    }), "types.parquet", compression="none")


def main():
    gzip.GzipFile("articles.jsonl.gz", "wb", mtime=0).write(PLAIN)
    open("articles.jsonl.bz2", "wb").write(bz2.compress(PLAIN[:300]) + bz2.compress(PLAIN[300:]))
    subprocess.run(["zstd", "-qf", "articles.jsonl"], check=True)
    files = [
        parquet("plain.parquet", use_dictionary=False, compression="none", row_group_size=50),
        parquet("snappy.parquet", compression="snappy", data_page_version="1.0"),
        parquet("gzip-v2.parquet", compression="gzip", data_page_version="2.0", row_group_size=33),
        parquet("zstd-v2.parquet", compression="zstd", data_page_version="2.0",
                use_dictionary=False, data_page_size=512),
        parquet("delta-length.parquet", use_dictionary=False, compression="zstd",
                column_encoding={"text": "DELTA_LENGTH_BYTE_ARRAY", "id": "DELTA_BINARY_PACKED"}),
        parquet("delta.parquet", use_dictionary=False, compression="snappy",
                column_encoding={"text": "DELTA_BYTE_ARRAY", "title": "DELTA_BYTE_ARRAY"},
                data_page_version="2.0"),
        parquet("required.parquet", required=True, compression="snappy"),
    ]
    types()
    with open("parquet.golden.json", "w") as out:
        json.dump({"generator": "make_sources.py", "pyarrow": pa.__version__, "files": files}, out,
                  ensure_ascii=False, separators=(",", ":"))
        out.write("\n")
    with open("sample-cirrussearch-content.json", "w") as out:
        for row in ROWS:
            out.write(json.dumps({"index": {"_type": "page", "_id": row["meta"]["id"]}}) + "\n")
            out.write(json.dumps({"title": row["meta"]["title"], "namespace": 0,
                                  "text": row["text"].replace("\n", " ")},
                                 ensure_ascii=False) + "\n")
        out.write('{"index":{"_id":"99"}}\n{"title":"ノート","namespace":1,"text":"議論"}\n')
    with open("wiki40b.jsonl", "w") as out:
        for row in ROWS:
            text = "\n_START_ARTICLE_\n" + row["meta"]["title"] + "\n_START_SECTION_\n概要\n"
            text += "_START_PARAGRAPH_\n" + row["text"].replace("\n", "_NEWLINE_")
            out.write(json.dumps({"wikidata_id": "Q" + row["meta"]["id"], "text": text},
                                 ensure_ascii=False) + "\n")
    with open("config.json", "w") as out:
        json.dump({"model_type": "llama", "quantization_config": {
            "bits": 4, "group_size": 128, "damp_percent": 0.001, "desc_act": True,
            "dataset": TEXTS}}, out, ensure_ascii=False)


main()
