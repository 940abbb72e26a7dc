#!/usr/bin/env python3
"""tenbin quantize against GPTQModel on the CPU: the same random model, tokens and settings.

  python Benchmarks/against_gptqmodel.py --tenbin .build/release/tenbin --work FOLDER

Needs torch, transformers and gptqmodel (Tests/Interop has the versions). The model has the shape of
a 135 M Llama (30 layers, hidden 576, intermediate 1536, 9/3 heads of 64, vocabulary 8192: that of
the demo model, whose tokenizer both use), random BF16 weights of seed 0. 32 x 512 tokens of the
bundled corpus, int4, desc_act, group_size 64 (GPTQModel's packing kernels refuse 128, which does not
divide 576). Prints CPU seconds (user + system) and wall seconds of each whole process.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def make_model(folder: Path) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
        num_key_value_heads=3, head_dim=64, vocab_size=8192, max_position_embeddings=2048,
        rms_norm_eps=1e-5, tie_word_embeddings=True, bos_token_id=0, eos_token_id=1)
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    demo = ROOT / "notebooks-data/demo-model"
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(demo / name, folder / name)


def run_gptqmodel(model: Path, tokens: Path, output: Path, threads: int) -> None:
    os.cpu_count = lambda: 4  # it refuses machines of two cores
    import torch

    torch.set_num_threads(threads)
    from gptqmodel import GPTQModel, QuantizeConfig

    samples = [json.loads(line)["token_ids"] for line in tokens.open()]
    rows = [{"input_ids": ids, "attention_mask": [1] * len(ids)} for ids in samples]
    config = QuantizeConfig(
        bits=4, group_size=64, desc_act=True, act_group_aware=False, sym=True, damp_percent=0.01)
    loaded = GPTQModel.load(str(model), config, device="cpu", dtype=torch.bfloat16)
    began, cpu = time.time(), time.process_time()
    loaded.quantize(rows, batch_size=1)
    print(f"quantize alone: {time.process_time() - cpu:.1f} CPU s, {time.time() - began:.1f} s")
    loaded.save(str(output))


def timed(command: list[str], **kwargs) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.time()
    subprocess.run(command, check=True, **kwargs)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.time() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tenbin", default=".build/release/tenbin")
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=["tenbin", "gptqmodel"])
    parser.add_argument("--inside", choices=["model", "gptqmodel"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    model, tokens = work / "model", work / "tokens.jsonl"
    if options.inside == "model":
        return make_model(model)
    if options.inside == "gptqmodel":
        return run_gptqmodel(model, tokens, work / "gptqmodel", options.threads)
    inside = [sys.executable, str(Path(__file__).resolve()), "--work", str(work), "--threads", str(options.threads)]
    if not model.exists():
        subprocess.run(inside + ["--inside", "model"], check=True)
    tenbin = str(Path(options.tenbin).resolve())
    sqlite = work / "calibration.sqlite"
    if not tokens.exists():
        subprocess.run(
            [tenbin, "calib", "build", "--source",
             str(ROOT / "notebooks-data/corpus/jawiki-sample.xml"), "--tokenizer", str(model),
             "--max-seq-length", "512", "--take", "first:32", "--force", "--output",
             str(sqlite)], check=True)
        subprocess.run([tenbin, "calib", "export", str(sqlite), "--force", "--output", str(tokens)],
                       check=True)
    results = {}
    if options.only != "gptqmodel":
        output = work / "tenbin"
        shutil.rmtree(output, ignore_errors=True)
        environment = dict(os.environ, OPENBLAS_NUM_THREADS=str(options.threads))
        results["tenbin"] = timed(
            [tenbin, "quantize", str(model), "--calibration", str(sqlite), "--bits", "4",
             "--group-size", "64", "--desc-act", "--output", str(output)], env=environment)
    if options.only != "tenbin":
        shutil.rmtree(work / "gptqmodel", ignore_errors=True)
        # It leaves its logs in the current folder.
        results["GPTQModel"] = timed(inside + ["--inside", "gptqmodel"], cwd=work)
    for name, (cpu, wall) in results.items():
        print(f"{name:10} {cpu:8.1f} CPU s {wall:8.1f} s")
    if len(results) == 2:
        print(f"ratio      {results['GPTQModel'][0] / results['tenbin'][0]:8.1f}")


if __name__ == "__main__":
    main()
