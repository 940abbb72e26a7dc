"""Whether other software reads a GPTQ checkpoint as the numbers that were meant.

  python check_checkpoint.py CHECKPOINT_DIR BASE_DIR WINDOWS.json
                             [--loader transformers,defuser,gptqmodel] [--backend gptq_torch]

Perplexity over tokens 2..N of each window, as one JSON object:
  base_float32         the base model in transformers, float32
  dequantized_float32  the checkpoint, dequantized by dequantize.py into a plain transformers model
  transformers, gptqmodel
                       the checkpoint as these load it, in bfloat16 on CPU
  defuser              the same of transformers after GPTQModel's `defuser.replace_fused_blocks`, which
                       gives a model's experts linears of their own: transformers 5 alone has one
                       parameter for all of them, and leaves it at random where a checkpoint has codes
and, under `linears`, the largest ‖W_q − W‖/‖W‖ of a quantized linear, and the tensors beside them
that are not the base's. A loader that fails is reported with its message, and the exit code is 1.
`--backend gptq_torch` is needed where in_features is no multiple of group_size, and for 4 bits with
group_size -1, whose automatic CPU kernel refuses to run.
Needs torch, transformers, optimum, gptqmodel, safetensors, numpy.
"""
import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import traceback

import peers
import torch
from dequantize import plain_state, settings, tensors
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM


def plain_model(folder, state):
    """A float32 model of the folder's config with the weights of `state`."""
    config = copy.deepcopy(AutoConfig.from_pretrained(folder))
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.dtype = torch.float32
    # By way of a folder: transformers renames and stacks experts as it reads one.
    with tempfile.TemporaryDirectory() as plain:
        config.save_pretrained(plain)
        save_file(
            {name: tensor.contiguous() for name, tensor in state.items()},
            pathlib.Path(plain) / "model.safetensors", metadata={"format": "pt"})
        model, found = AutoModelForCausalLM.from_pretrained(
            plain, dtype=torch.float32, output_loading_info=True)
    # A bias that the architecture does not have is harmless where it is all zeros.
    unexpected = [
        name for name in found["unexpected_keys"]
        if name not in state or torch.count_nonzero(state[name])
    ]
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    missing = set(found["missing_keys"]) - tied
    if missing or unexpected:
        raise ValueError(f"missing {sorted(missing)}, unexpected {unexpected}")
    return model.eval()


def compare(state, linears, base):
    """How the checkpoint's tensors differ from the base's."""
    errors = {}
    for prefix in linears:
        weight = base[f"{prefix}.weight"].float()
        difference = state[f"{prefix}.weight"] - weight
        errors[prefix] = (difference.norm() / weight.norm()).item()
    worst = max(errors, key=errors.get)
    others = [
        name for name, tensor in state.items()
        if name.removesuffix(".weight") not in linears
        and (name not in base or not torch.equal(tensor, base[name].float().to(tensor.dtype)))
    ]
    return {
        "count": len(linears),
        "bits": sorted({linear["bits"] for linear in linears.values()}),
        "worst": worst,
        "worst_relative_norm": errors[worst],
        "other_tensors_changed": sorted(others),
    }


def load_transformers(folder, backend):
    from transformers import GPTQConfig

    options = {}
    if backend:
        bits = settings(pathlib.Path(folder))["bits"]
        options["quantization_config"] = GPTQConfig(bits=bits, backend=backend)
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16, device_map="cpu", **options
    )


def load_gptqmodel(folder, backend):
    from gptqmodel import BACKEND, GPTQModel

    return GPTQModel.load(
        folder, device="cpu", dtype=torch.bfloat16,
        backend=BACKEND(backend) if backend else BACKEND.AUTO,
    ).model


def load_defused(folder, backend):
    import defuser

    model_type = AutoConfig.from_pretrained(folder).model_type
    if not defuser.replace_fused_blocks(model_type):
        raise ValueError(f"defuser has nothing for {model_type}")
    return load_transformers(folder, backend)


def defused(folder, windows, backend):
    """What `--score-defused` prints, from a process of its own: defuser changes transformers itself."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(windows, file)
        file.flush()
        command = [sys.executable, __file__, folder, folder, file.name, "--score-defused"]
        command += ["--backend", backend] if backend else []
        run = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if run.returncode:
        raise ValueError("see above")
    return {key: value for key, value in json.loads(run.stdout).items() if key != "versions"}


def kernels(model):
    return sorted({
        type(module).__name__ for module in model.modules() if hasattr(module, "qweight")
    })


def check(folder, base, windows, loaders, backend=None):
    """The figures of one checkpoint, whose base has the tensors `base`; `error` where a loader
    fails."""
    state, linears = plain_state(folder)
    result = {"linears": compare(state, linears, base)}
    model = plain_model(folder, state)
    result["dequantized_float32"] = peers.perplexity(model, windows)
    del model, state
    for loader in loaders:
        try:
            if loader == "defuser":
                result[loader] = defused(folder, windows, backend)
                continue
            load = {"transformers": load_transformers, "gptqmodel": load_gptqmodel}[loader]
            model = load(folder, backend)
            result[loader] = {**peers.perplexity(model.eval(), windows), "kernels": kernels(model)}
            del model
        except Exception as error:
            traceback.print_exc()
            result[loader] = {"error": f"{type(error).__name__}: {error}"}
    return result


def base_perplexity(folder, windows):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return peers.perplexity(model, windows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint")
    parser.add_argument("base")
    parser.add_argument("windows")
    parser.add_argument("--loader", default="transformers,gptqmodel")
    parser.add_argument("--backend")
    parser.add_argument("--score-defused", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    windows = peers.read_windows(options.windows)
    if options.score_defused:
        model = load_defused(options.checkpoint, options.backend).eval()
        peers.print_result({**peers.perplexity(model, windows), "kernels": kernels(model)})
        return
    loaders = list(filter(None, options.loader.split(",")))
    result = {
        "base_float32": base_perplexity(options.base, windows),
        **check(options.checkpoint, tensors(options.base), windows, loaders, options.backend),
    }
    peers.print_result(result)
    sys.exit(any("error" in result[loader] for loader in loaders))


if __name__ == "__main__":
    main()
