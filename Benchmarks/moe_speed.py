"""A pass over a model with experts against one over a dense model of equal active size.

  python3 Benchmarks/moe_speed.py [--tenbin .build/release/tenbin] [--runs 3] [--threads 2]
      [--experts 32] [--per-token 4] [--samples 64] [--layers 2]

`tenbin bench pass --only one-shared --only quantize` on random weights: a qwen3_moe whose tokens meet
`per-token` experts of width 512, and a qwen3 whose MLP is as wide as those together (hidden 1024,
vocabulary 8192), by turns. Prints, as Markdown, the median CPU seconds, the operations, and the
CPU seconds of an operation against the dense model's, which are to be at most 1.3 times as many. The
operations are the run's own: an expert has Hessians, factors and column loops of its own, which run
slower than products do, so that the ratio falls with the tokens (128 windows of 2,048 give an expert of
Qwen3-30B-A3B 16,384; the defaults here 4,096). Measure on a quiet machine.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--tenbin", default=ROOT / ".build/release/tenbin")
parser.add_argument("--runs", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--experts", type=int, default=32)
parser.add_argument("--per-token", type=int, default=4)
parser.add_argument("--samples", type=int, default=64)
parser.add_argument("--layers", type=int, default=2)
options = parser.parse_args()

WIDTH = 512
usual = {
    "hidden_size": 1024, "intermediate_size": WIDTH * options.per_token, "num_hidden_layers": options.layers,
    "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 64, "vocab_size": 8192,
    "tie_word_embeddings": True,
}
MODELS = {
    "dense": {**usual, "model_type": "qwen3"},
    "experts": {
        **usual, "model_type": "qwen3_moe", "num_experts": options.experts,
        "num_experts_per_tok": options.per_token, "moe_intermediate_size": WIDTH,
        "norm_topk_prob": True},
}
SCENARIOS = ["quantize", "one-shared"]

found = {}
with tempfile.TemporaryDirectory() as folder:
    for model, keys in MODELS.items():
        (pathlib.Path(folder) / f"{model}.json").write_text(json.dumps(keys))
    for _ in range(options.runs):
        for model in MODELS:
            command = [
                options.tenbin, "bench", "pass", "--shape", pathlib.Path(folder) / f"{model}.json",
                "--samples", options.samples, "--context", 512, "--threads", options.threads,
                "--only", *SCENARIOS, "--format", "json"]
            rows = json.loads(subprocess.run(
                [str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout)
            for row in rows:
                found.setdefault((row["run"], model), []).append(row)

print("| run | model | wall s | CPU s | GFLOP | CPU s a TFLOP | against dense |")
print("|---|---|---|---|---|---|---|")
for scenario in SCENARIOS:
    costs = {}
    for model in MODELS:
        rows = found[scenario, model]
        wall, cpu = (statistics.median(row[key] for row in rows)
                     for key in ("wall_seconds", "cpu_seconds"))
        costs[model] = 1000 * cpu / rows[0]["gflop"]
        print(f"| {scenario} | {model} | {wall:.1f} | {cpu:.1f} | {rows[0]['gflop']:.0f} | "
              f"{costs[model]:.2f} | {costs[model] / costs['dense']:.2f} |")
