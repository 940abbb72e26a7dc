"""Codes of GPTQModel's own GPTQ class for a weight and a Hessian, against ours.

  python compare_codes.py MODULE.safetensors --bits 4 --group-size 128 --damp-percent 0.01
      [--desc-act] [--no-sym] [--static-groups] [--write FILE.safetensors]

MODULE holds `weight` (out, in) and `hessian` (in, in), the undamped 2/T·XᵀX, both F32, and, to be
compared, `codes` (out, in) I32, in the original column order, and optionally `scales`, `zeros`
(out, groups) and `g_idx` (in). Scales stay float32, GAR is off, a failed factorisation is an error.
--write stores GPTQModel's result under the same names, with the weight and the Hessian.

Prints, as JSON: the share of equal codes and of codes that differ by one, the same for scales and
g_idx, both errors tr(ΔW H ΔWᵀ)/tr(W H Wᵀ), and how many inputs share their diag(H) with another
(desc_act may order those either way). Needs gptqmodel, torch, safetensors.
"""
import argparse
import sys
import time

import peers
import torch
from gptqmodel import QuantizeConfig
from gptqmodel.quantization.gptq import GPTQ
from safetensors.torch import load_file, save_file


def gptqmodel_codes(weight, hessian, settings):
    """Codes (out, in), scales and zeros (out, groups), g_idx (in), the loss a token and seconds."""
    rows, columns = weight.shape
    linear = torch.nn.Linear(columns, rows, bias=False)
    linear.weight.data = weight.clone()
    config = QuantizeConfig(
        bits=settings.bits, group_size=settings.group_size, damp_percent=settings.damp_percent,
        damp_auto_increment=0, desc_act=settings.desc_act, sym=not settings.no_sym,
        static_groups=settings.static_groups, act_group_aware=False, fallback=None,
    )
    task = GPTQ(linear, config)
    task.quantizer.configure(perchannel=True)
    task.H = hessian.clone()
    task.nsamples = task._hessian_total_samples = 1
    began = time.time()
    quantized, scales, zeros, g_idx, _, loss, damp, _ = task.quantize()
    seconds = time.time() - began
    if damp != settings.damp_percent:
        sys.exit(f"GPTQModel could not factorise the Hessian with damp_percent {damp}")
    groups = g_idx.long()
    codes = torch.round(quantized / scales[:, groups] + zeros[:, groups]).to(torch.int32)
    return codes, scales, zeros.to(torch.int32), g_idx.to(torch.int32), loss, seconds


def relative_error(weight, hessian, quantized):
    def norm(x):
        x = x.double()
        return ((x @ hessian.double()) * x).sum().item()

    return norm(weight - quantized) / norm(weight)


def dequantized(codes, scales, zeros, g_idx):
    groups = g_idx.long()
    return scales[:, groups] * (codes - zeros[:, groups])


def compare(stored, settings):
    """The comparison as an object, and GPTQModel's tensors."""
    weight, hessian = stored["weight"].float(), stored["hessian"].float()
    codes, scales, zeros, g_idx, loss, seconds = gptqmodel_codes(weight, hessian, settings)
    diagonal = hessian.diagonal()
    result = {
        "shape": list(weight.shape),
        "loss": loss,
        "relative_error_gptqmodel": relative_error(
            weight, hessian, dequantized(codes, scales, zeros, g_idx)
        ),
        "inputs_with_tied_diagonal": len(diagonal) - len(torch.unique(diagonal)),
        "seconds": round(seconds, 3),
    }
    if "codes" in stored:
        difference = (stored["codes"].int() - codes).abs()
        result["codes_equal"] = (difference == 0).double().mean().item()
        result["codes_off_by_one"] = (difference == 1).double().mean().item()
        result["codes_largest_difference"] = difference.max().item()
    if "g_idx" in stored:
        result["g_idx_equal"] = (stored["g_idx"].int() == g_idx).double().mean().item()
    if "scales" in stored:
        ratio = (stored["scales"].float() / scales - 1).abs()
        result["scales_largest_relative_difference"] = ratio.max().item()
    if {"codes", "scales", "zeros", "g_idx"} <= set(stored):
        result["relative_error_ours"] = relative_error(
            weight, hessian,
            dequantized(
                stored["codes"].int(), stored["scales"].float(), stored["zeros"].int(),
                stored["g_idx"],
            ),
        )
    return result, {
        "weight": weight, "hessian": hessian, "codes": codes, "scales": scales.contiguous(),
        "zeros": zeros.contiguous(), "g_idx": g_idx,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("module")
    parser.add_argument("--bits", type=int, default=4)
    parser.add_argument("--group-size", type=int, default=128)
    parser.add_argument("--damp-percent", type=float, default=0.01)
    parser.add_argument("--desc-act", action="store_true")
    parser.add_argument("--no-sym", action="store_true")
    parser.add_argument("--static-groups", action="store_true")
    parser.add_argument("--write")
    options = parser.parse_args()
    result, theirs = compare(load_file(options.module), options)
    if options.write:
        save_file(theirs, options.write)
    peers.print_result(result)


if __name__ == "__main__":
    main()
