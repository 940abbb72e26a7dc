"""Whether transformers and GPTQModel read what `tenbin quantize` writes: the table of
docs/interoperability.md.

  python run_table.py --tenbin .build/release/tenbin --work DIR
      [--bits 4,8] [--desc-act no,yes] [--group-size 64,128,-1] [--model demo,qwen2,FAMILY...]
      [--others asym,gar,mixed] [--names published,gptqmodel]

For the demo model, for make_qwen2.py's and for families of make_families.py, every combination of the settings, and for the demo model
those of OTHERS: `tenbin quantize`,
`tenbin evaluate perplexity`, and the checkpoint's perplexity on the same tokens
  - in transformers in float32, on weights dequantized by dequantize.py: within 1e-4 of tenbin's;
  - as transformers and GPTQModel load it, in bfloat16 on CPU: within 0.5 % of tenbin's. Where the
    automatic kernel refuses, the backend gptq_torch is asked for, and the table says so. Of a model with
    experts transformers is tried with GPTQModel's defuser (check_checkpoint.py says why).
Names that a loader of today does not read (`quantize --names`) are left out for it: NOT_READ.
The windows are made here, with transformers' tokenizer, after the `blocks` convention. DIR/table.jsonl
keeps the finished rows: run again to go on. Prints the table in Markdown; the exit code is 1 if any
row fails. Needs what check_checkpoint.py needs.
"""
import argparse
import itertools
import json
import pathlib
import subprocess
import sys

import check_checkpoint
import peers
from dequantize import tensors
from transformers import AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "notebooks-data/demo-model"
HELDOUT = ROOT / "notebooks-data/corpus/heldout-wiki.jsonl"
CORPUS = ROOT / "notebooks-data/corpus/jawiki-sample.xml"
CONTEXT = 512
# What the combinations do not have, as flags of `tenbin quantize`.
OTHERS = {
    "asym": ["--bits", 4, "--group-size", 128, "--no-sym", "--desc-act"],
    "gar": ["--bits", 4, "--group-size", 128, "--act-group-aware"],
    "mixed": ["--bits", 4, "--group-size", 128,
              "--dynamic", r'+:.*\.down_proj={"bits": 8, "group_size": 64}'],
}
LOADERS = ["transformers", "gptqmodel"]
EXPERTS = ["mixtral", "qwen2_moe", "qwen3_moe"]
# Model, names of its linears: loaders that do not read them.
NOT_READ = {
    ("mixtral", "published"): ["transformers", "gptqmodel"],
    ("phi3", "published"): ["gptqmodel"],
    ("phi3", "gptqmodel"): ["transformers"],
}
DEQUANTIZED_TOLERANCE, LOADER_TOLERANCE = 1e-4, 5e-3

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--tenbin", default=ROOT / ".build/release/tenbin")
parser.add_argument("--work", required=True, type=pathlib.Path)
parser.add_argument("--bits", default="4,8")
parser.add_argument("--desc-act", default="no,yes")
parser.add_argument("--group-size", default="64,128,-1")
parser.add_argument("--model", default="demo,qwen2")
parser.add_argument("--names", default="published")
parser.add_argument("--others", default=",".join(OTHERS))
options = parser.parse_args()


def run(*arguments):
    return subprocess.run(
        [str(argument) for argument in arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def tenbin(*arguments):
    return run(options.tenbin, *arguments)


def blocks(tokenizer, path):
    """Documents with their special tokens, joined, in windows of CONTEXT tokens; the tail drops."""
    ids = []
    for line in path.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        if text.strip():
            ids += tokenizer(text)["input_ids"]
    return [ids[start:start + CONTEXT] for start in range(0, len(ids) - CONTEXT + 1, CONTEXT)]


def row(name, model, names, base, weights, windows, calibration, flags):
    """What was found of one checkpoint, whose linears have `names`."""
    folder = options.work / name
    if not folder.exists():
        tenbin("quantize", base, "--calibration", calibration, *flags, "--names", names, "--output", folder)
    ours = json.loads(tenbin(
        "evaluate", "perplexity", folder, "--heldout", HELDOUT, "--context", CONTEXT,
        "--format", "json"
    ))
    ours = ours[0] if isinstance(ours, list) else ours
    # optimum 2.3 and transformers 5.24 do not know per-module overrides.
    loaders = ["gptqmodel"] if "--dynamic" in flags else LOADERS
    loaders = [loader for loader in loaders if loader not in NOT_READ.get((model, names), [])]
    tried = ["defuser" if loader == "transformers" and model in EXPERTS else loader
             for loader in loaders]
    result = check_checkpoint.check(folder, weights, windows, tried)
    if "defuser" in result:
        result["transformers"] = {**result.pop("defuser"), "defuser": True}
    for loader in loaders:
        if "error" in result[loader]:
            retry = check_checkpoint.check(folder, weights, windows, [loader], "gptq_torch")
            result[loader] = {
                **retry[loader], "backend": "gptq_torch", "automatic": result[loader]["error"]
            }
    if ours["tokens_scored"] != result["dequantized_float32"]["tokens_scored"]:
        sys.exit(f"{name}: {ours['tokens_scored']} tokens scored by tenbin, "
                 f"{result['dequantized_float32']['tokens_scored']} here")

    def relative(of):
        return result[of]["perplexity"] / ours["perplexity"] - 1 if "error" not in result[of] else None

    differences = {of: relative(of) for of in ["dequantized_float32", *loaders]}
    passed = abs(differences["dequantized_float32"]) <= DEQUANTIZED_TOLERANCE and all(
        differences[of] is not None and abs(differences[of]) <= LOADER_TOLERANCE for of in loaders
    ) and not result["linears"]["other_tensors_changed"]
    return {
        "name": name, "tenbin": ours["perplexity"], "relative_difference": differences, "passed": passed,
        **result,
    }


def cell(row, loader):
    if loader not in row:
        return "not read"
    difference = row["relative_difference"][loader]
    if difference is None:
        return "refused"
    kernels = ", ".join(kernel.removesuffix("Linear") for kernel in row[loader]["kernels"])
    defused = "defuser, " if row[loader].get("defuser") else ""
    return f"{difference:+.2%} ({defused}{kernels})"


options.work.mkdir(parents=True, exist_ok=True)
bases = {"demo": DEMO, "qwen2": options.work / "qwen2"}
if not bases["qwen2"].exists():
    script = pathlib.Path(__file__).with_name("make_qwen2.py")
    run(sys.executable, script, DEMO, bases["qwen2"])
calibration = options.work / "calibration.sqlite"
if not calibration.exists():
    tenbin("calib", "build", "--source", CORPUS, "--tokenizer", DEMO, "--max-seq-length", CONTEXT,
           "--output", calibration)
windows = blocks(AutoTokenizer.from_pretrained(DEMO), HELDOUT)
log = options.work / "table.jsonl"
done = {}
if log.exists():
    done = {row["name"]: row for row in map(json.loads, log.read_text().splitlines())}

def table(title, rows):
    """The rows, (cells of the settings, result), as Markdown."""
    head = [*title, "tenbin", "dequantized, float32", "transformers", "GPTQModel"]
    lines = [" | ".join(head), "|".join("---" for _ in head)] + [
        " | ".join([
            *map(str, cells), f"{row['tenbin']:.4f}",
            f"{row['relative_difference']['dequantized_float32']:+.1e}",
            cell(row, "transformers"), cell(row, "gptqmodel"),
        ])
        for cells, row in rows
    ]
    return "".join(f"| {line} |\n" for line in lines)


def settings(model, names):
    """The checkpoints of a model: their name, flags, cells of the first table; None for the second."""
    for bits, desc_act, group_size in itertools.product(
        map(int, options.bits.split(",")), options.desc_act.split(","),
        map(int, options.group_size.split(",")),
    ):
        name = f"{model}-int{bits}-g{group_size}{'-act' if desc_act == 'yes' else ''}"
        name += "" if names == "published" else f"-{names}"
        yield name, [
            "--bits", bits, "--group-size", group_size,
            "--desc-act" if desc_act == "yes" else "--no-desc-act",
        ], (model, bits, group_size, desc_act, *([names] if options.names != "published" else []))
    if model == "demo":
        for name in filter(None, options.others.split(",")):
            yield f"demo-{name}", OTHERS[name], None


combined, others = [], []
for model in options.model.split(","):
    base = bases.get(model, options.work / "families" / model)
    if not base.exists():
        run(sys.executable, pathlib.Path(__file__).with_name("make_families.py"), DEMO,
            base.parent, "--only", model)
    weights = tensors(base)
    base_perplexity = check_checkpoint.base_perplexity(base, windows)
    print(f"{model}: base {base_perplexity}", file=sys.stderr)
    for name, flags, cells, names in (
        (*found, names) for names in options.names.split(",") for found in settings(model, names)
    ):
        if name not in done:
            done[name] = row(name, model, names, base, weights, windows, calibration, flags)
            done[name]["base_float32"] = base_perplexity
            with log.open("a") as file:
                file.write(json.dumps(done[name]) + "\n")
        if cells:
            combined.append((cells, done[name]))
        else:
            others.append(([f"`{' '.join(map(str, flags))}`"], done[name]))
        print(f"{name}: {done[name]['relative_difference']}", file=sys.stderr)

title = ["model", "bits", "group_size", "desc_act"]
title += ["names"] if options.names != "published" else []
peers.RESULT.write(table(title, combined))
if others:
    peers.RESULT.write("\n" + table(["demo model, flags"], others))
peers.RESULT.flush()
failed = [row["name"] for _, row in combined + others if not row["passed"]]
if failed:
    sys.exit(f"outside the tolerances: {', '.join(failed)}")
