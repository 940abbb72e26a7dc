"""The divergence of the demo model with cut weights from the demo model, by llama.cpp and by numpy.

  python make_divergence.py REPOSITORY [LLAMA_CPP LLAMA_STATISTICS]

needs torch, transformers, tokenizers, safetensors and numpy; LLAMA_CPP is llama.cpp's source (PyPI's
llama-cpp-python carries it), LLAMA_STATISTICS the program that llama_statistics.cpp beside this makes.

The other model is the demo model whose BF16 weights of linears in decoder layers have the lowest four bits
set to 0. Both see the first 5 windows of 512 tokens of heldout-wiki as llama-perplexity cuts them. Three
tables:

  numpy      its formulas on transformers' float32 logits, in double, over the whole vocabulary
  numpy_16   the same with the base's log-probabilities in 16-bit codes, as its file has them: what is
             below max - 16 is raised to that, the sum of KL leaves out what then is at -16 or below
  llama.cpp  what it prints itself, from GGUF files in float32

Writes Fixtures/divergence.json.
"""
import importlib.metadata
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

CONTEXT, WINDOWS = 512, 5
root = pathlib.Path(sys.argv[1])
base_folder = root / "notebooks-data/demo-model"
tokenizer = Tokenizer.from_file(str(base_folder / "tokenizer.json"))


def cut(folder):
    """A copy of the demo model with the lowest four bits of its linears' BF16 numbers set to 0."""
    shutil.copytree(base_folder, folder)
    tensors = load_file(folder / "model.safetensors")
    for name, tensor in tensors.items():
        if name.endswith("_proj.weight"):
            bits = tensor.view(torch.int16) & ~0xF
            tensors[name] = bits.view(torch.bfloat16)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def text():
    lines = open(root / "notebooks-data/corpus/heldout-wiki.jsonl", encoding="utf-8")
    joined = "\n\n".join(json.loads(line)["text"] for line in lines)
    return joined[:-1] if joined.endswith("\n") else joined


def logits(folder, ids):
    """Logits that predict the second half of each window, (tokens, vocabulary), and those tokens."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    first = CONTEXT // 2
    rows, targets = [], []
    for start in range(0, WINDOWS * CONTEXT, CONTEXT):
        window = ids[start : start + CONTEXT].copy()
        window[0] = 0
        with torch.no_grad():
            rows.append(model(torch.tensor(window[None])).logits[0, first:-1].numpy())
        targets.append(window[first + 1 :])
    return np.concatenate(rows), np.concatenate(targets)


def log_softmax(x):
    x = x.astype(np.float64)
    top = x.max(axis=1, keepdims=True)
    return x - top - np.log(np.exp(x - top).sum(axis=1, keepdims=True))


def coded(x):
    """The base's log-probabilities as llama-perplexity's file gives them back."""
    x = x.astype(np.float32)
    top, low = x.max(axis=1, keepdims=True), x.min(axis=1, keepdims=True)
    low = np.maximum(low, top - np.float32(16))
    scale = ((top - low) / np.float32(65535)).astype(np.float32)
    lse = top.astype(np.float64) + np.log(np.exp((x - top).astype(np.float64)).sum(1, keepdims=True))
    floor = (low - lse).astype(np.float32)
    code = np.where(x > low, np.floor((x - low) / scale + np.float32(0.5)), 0).astype(np.float32)
    return (scale * code + floor).astype(np.float64)


def table(nll, base_nll, kld, delta, same):
    n = len(nll)

    def unc(a):
        return math.sqrt(max(0, (a * a).mean() - a.mean() ** 2) / (n - 1))

    def percentile(a, share):
        a = np.sort(a)
        place = share * (n - 1)
        low = int(place)
        high = min(low + 1, n - 1)
        return (1 - (place - low)) * a[low] + (place - low) * a[high]

    cov = ((nll * base_nll).mean() - nll.mean() * base_nll.mean()) / (n - 1)
    q, p = math.exp(nll.mean()), math.exp(base_nll.mean())
    uq, up = unc(nll), unc(base_nll)
    ratio = nll.mean() - base_nll.mean()
    ratio_unc = math.sqrt(uq**2 + up**2 - 2 * cov)
    lines = {
        "ppl": (q, q * uq),
        "ppl_base": (p, p * up),
        "ln_ppl_correlation": (cov / (uq * up), None),
        "ln_ppl_ratio": (ratio, ratio_unc),
        "ppl_ratio": (math.exp(ratio), math.exp(ratio) * ratio_unc),
        "ppl_difference": (q - p, math.sqrt((q * uq) ** 2 + (p * up) ** 2 - 2 * q * p * cov)),
        "kld_mean": (kld.mean(), unc(kld)),
    }
    names = {1: "max", 0.999: "p99_9", 0.99: "p99", 0.95: "p95", 0.9: "p90", 0.75: "p75"}
    names |= {0.5: "median", 0.25: "p25", 0.1: "p10", 0.05: "p5", 0.01: "p1", 0.001: "p0_1", 0: "min"}
    for share, name in names.items():
        if share not in (0.75, 0.25):
            lines["kld_" + name] = (percentile(kld, share), None)
    lines["delta_p_mean"] = (delta.mean(), unc(delta))
    for share, name in names.items():
        lines["delta_p_" + name] = (percentile(delta, share), None)
    rms = math.sqrt((delta**2).mean())
    lines["delta_p_rms"] = (rms, 0.5 / rms * unc(delta**2))
    share = same.mean()
    lines["same_top_p"] = (share, math.sqrt(share * (1 - share) / (n - 1)))
    return lines


def printed(output):
    """The lines of llama-perplexity's table as it prints them: value and error, as text."""
    names = {
        "Mean PPL(Q)": "ppl", "Mean PPL(base)": "ppl_base",
        "Cor(ln(PPL(Q)), ln(PPL(base)))": "ln_ppl_correlation",
        "Mean ln(PPL(Q)/PPL(base))": "ln_ppl_ratio", "Mean PPL(Q)/PPL(base)": "ppl_ratio",
        "Mean PPL(Q)-PPL(base)": "ppl_difference", "RMS Δp": "delta_p_rms", "Same top p": "same_top_p",
    }
    parts = {
        "Mean": "mean", "Maximum": "max", "99.9%": "p99_9", "99.0%": "p99", "95.0%": "p95",
        "90.0%": "p90", "75.0%": "p75", "Median": "median", "25.0%": "p25", "10.0%": "p10",
        "5.0%": "p5", "1.0%": "p1", "0.1%": "p0_1", "Minimum": "min",
    }
    lines = {}
    for line in output.splitlines():
        name, _, numbers = line.strip().rpartition(":")
        name = name.strip()
        words = name.split()
        if name in names:
            key = names[name]
        elif len(words) == 2 and words[1] in ("KLD", "Δp") and words[0] in parts:
            key = ("kld_" if words[1] == "KLD" else "delta_p_") + parts[words[0]]
        else:
            continue
        found = re.findall(r"-?\d+\.\d+|-?nan", numbers)
        lines[key] = found
    return lines


def llama_cpp(source, program, base, other, work):
    source = pathlib.Path(source)
    for folder, name in [(base, "base"), (other, "other")]:
        # The hash of the demo model's pre-tokenizer is in no list: it is Llama 3's.
        script = (
            "import sys, runpy\n"
            "source, *sys.argv = sys.argv[1:]\n"
            "sys.path[:0] = [source, source + '/gguf-py']\n"
            "from conversion import base\n"
            "base.TextModel.get_vocab_base_pre = lambda self, tokenizer: 'llama-bpe'\n"
            "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        )
        subprocess.run(
            [
                sys.executable, "-c", script, source, source / "convert_hf_to_gguf.py", folder,
                "--outtype", "f32", "--outfile", work / f"{name}.gguf",
            ],
            check=True,
        )
    ids = tokenizer.encode(text()).ids
    # A text of WINDOWS windows: what is behind them would be scored, too.
    (work / "text.txt").write_text(tokenizer.decode(ids[: WINDOWS * CONTEXT + 8]), encoding="utf-8")
    for model, mode in [("base", "write"), ("other", "compare")]:
        result = subprocess.run(
            [program, work / f"{model}.gguf", work / "text.txt", str(CONTEXT), work / "logits", mode],
            check=True, capture_output=True, text=True,
        )
    print(result.stdout)
    return printed(result.stdout)


with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    cut(work / "cut")
    ids = np.array(tokenizer.encode(text()).ids)
    base, targets = logits(base_folder, ids)
    other, _ = logits(work / "cut", ids)
    places = np.arange(len(targets))
    log_q = log_softmax(other)
    tables = {}
    for name, log_p in [("numpy", log_softmax(base)), ("numpy_16", coded(base))]:
        p = np.exp(log_p)
        terms = p * (log_p - log_q)
        if name == "numpy_16":
            terms = np.where(log_p > -16, terms, 0)
        lines = table(
            -log_q[places, targets], -log_p[places, targets], terms.sum(axis=1),
            np.exp(log_q[places, targets]) - p[places, targets],
            (log_p.argmax(axis=1) == other.argmax(axis=1)).astype(np.float64),
        )
        tables[name] = {key: list(value) for key, value in lines.items()}
    log_p = log_softmax(base)
    reverse = (np.exp(log_q) * (log_q - log_p)).sum(axis=1).mean()
    five = [
        len(set(np.argsort(-a)[:5]) & set(np.argsort(-b)[:5])) / 5 for a, b in zip(base, other)
    ]
    fixture = {
        "generator": "Tests/AnalysisTests/make_divergence.py",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
        "numpy": np.__version__,
        "context": CONTEXT,
        "windows": WINDOWS,
        "tokens_scored": len(targets),
        "reverse_kld_mean": reverse,
        "top5_agreement": float(np.mean(five)),
        **tables,
    }
    if len(sys.argv) > 3:
        fixture["llama.cpp version"] = "0c1e570 (llama-cpp-python 0.3.36)"
        fixture["llama.cpp"] = llama_cpp(sys.argv[2], sys.argv[3], base_folder, work / "cut", work)
path = root / "Tests/AnalysisTests/Fixtures/divergence.json"
path.write_text(json.dumps(fixture, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
