"""Writes Fixtures/golden.json: GPTQ and AutoGPTQ's packing from an implementation that shares
nothing with tenbin's. numpy in float64 for the algorithm (the steps of IST-DASLab/gptq's
`fasterquant` and `find_params`, scales rounded before use), torch's bfloat16 for the packer.

    python make_golden.py Fixtures/golden.json
"""

import json
import sys

import numpy as np
import torch

SEED = 20261123
ROUND = {
    "f16": lambda s: s.astype(np.float32).astype(np.float16).astype(np.float64),
    "f32": lambda s: s.astype(np.float32).astype(np.float64),
}


def find_params(block, case):
    """Scale and zero of each row of `block`, by the range of its values and 0."""
    maxq = 2 ** case["bits"] - 1
    low = np.minimum(block.min(axis=1), 0)
    high = np.maximum(block.max(axis=1), 0)
    if case["sym"]:
        high = np.maximum(np.abs(low), high)
        low = np.where(low < 0, -high, low)
    empty = (low == 0) & (high == 0)
    low, high = np.where(empty, -1, low), np.where(empty, 1, high)
    scale = ROUND[case["scales_dtype"]]((high - low) / maxq)
    if case["sym"]:
        return scale, np.full_like(scale, (maxq + 1) / 2)
    return scale, np.clip(np.rint(-low / scale), 0, maxq)


def gptq(weight, hessian, case):
    rows, columns = weight.shape
    maxq = 2 ** case["bits"] - 1
    size = columns if case["group_size"] == -1 else case["group_size"]
    groups = -(-columns // size)
    w, h = weight.copy(), hessian.copy()
    whole_row = find_params(w, case)
    dead = np.diag(h) == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    static = [find_params(w[:, g * size : (g + 1) * size], case) for g in range(groups)]
    order = np.arange(columns)
    if case["desc_act"]:
        order = np.argsort(-np.diag(h), kind="stable")
    w, h = w[:, order], h[order][:, order]
    h[np.arange(columns), np.arange(columns)] += case["damp_percent"] * np.mean(np.diag(h))
    u = np.linalg.cholesky(np.linalg.inv(h)).T

    codes = np.zeros((rows, columns))
    used = [None] * groups
    index = np.zeros(columns, dtype=int)
    loss = 0.0
    for start in range(0, columns, case["block_size"]):
        end = min(start + case["block_size"], columns)
        block = w[:, start:end].copy()
        errors = np.zeros_like(block)
        for i in range(end - start):
            at = start + i
            if case["group_size"] == -1:
                group, params = 0, whole_row
            elif case["static_groups"]:
                group = order[at] // size
                params = static[group]
            else:
                group = at // size
                if at % size == 0:
                    used[group] = find_params(w[:, at : at + size], case)
                params = used[group]
            used[group] = params
            index[at] = group
            scale, zero = params
            codes[:, at] = np.clip(np.rint(block[:, i] / scale) + zero, 0, maxq)
            error = (block[:, i] - scale * (codes[:, at] - zero)) / u[at, at]
            loss += np.sum(error**2) / 2
            block[:, i:] -= np.outer(error, u[at, at:end])
            errors[:, i] = error
        w[:, end:] -= errors @ u[start:end, end:]
    back = np.argsort(order)
    return {
        "codes": codes[:, back].astype(int).tolist(),
        "scales": np.stack([p[0] for p in used], axis=1).astype(np.float32).tolist(),
        "zeros": np.stack([p[1] for p in used], axis=1).astype(int).tolist(),
        "group_index": index[back].tolist(),
        "losses": loss,
    }


def autogptq_pack(codes, scales, zeros, bits, group_size):
    """The codes a reader finds after AutoGPTQ 0.7 packed a bfloat16 linear, all in torch's own
    type promotion: (bf16 weight + f32 zero·scale) / bf16 scale."""
    index = torch.arange(codes.shape[1]) // group_size
    weight = (scales[:, index] * (codes - zeros[:, index])).to(torch.bfloat16)
    shift = zeros * scales
    divisor = scales.to(torch.bfloat16)
    columns = [
        torch.round((weight[:, i] + shift[:, g]) / divisor[:, g]).to(torch.int)
        for i, g in enumerate(index)
    ]
    derived = torch.stack(columns).numpy().astype(np.uint32)  # (in, out)
    per_word = 32 // bits
    words = np.zeros((derived.shape[0] // per_word, derived.shape[1]), dtype=np.uint32)
    for row in range(words.shape[0]):
        for j in range(per_word):
            words[row] |= derived[row * per_word + j] << np.uint32(bits * j)
    fields = [(words >> np.uint32(bits * j)) & np.uint32(2**bits - 1) for j in range(per_word)]
    return np.stack(fields, axis=1).reshape(derived.shape).T.astype(int).tolist()


def main(path):
    rng = np.random.default_rng(SEED)
    rows, columns = 24, 64
    weight = rng.normal(0, 0.02, (rows, columns)).astype(np.float32)
    x = rng.normal(0, 1, (300, columns)) @ (np.eye(columns) + 0.2 * rng.normal(0, 1, (columns, columns)))
    x *= np.exp(0.7 * rng.normal(0, 1, columns))
    x[:, [5, 40]] = 0
    hessian = (2 / len(x) * x.T @ x).astype(np.float32)
    weight[3] = np.abs(weight[3])  # a row without negative weights

    base = {"bits": 4, "group_size": 32, "damp_percent": 0.01, "desc_act": False, "static_groups": False,
            "sym": True, "scales_dtype": "f16", "block_size": 128}
    changes = [
        {},
        {"bits": 3, "group_size": -1, "sym": False},
        {"bits": 8, "group_size": 16, "desc_act": True},
        {"bits": 4, "group_size": 16, "desc_act": True, "static_groups": True},
        {"bits": 4, "group_size": 24, "sym": False, "block_size": 32},
        {"bits": 2, "group_size": 40, "sym": False, "desc_act": True, "block_size": 16},
        {"bits": 8, "group_size": 64, "damp_percent": 0.1, "scales_dtype": "f32", "sym": False},
        {"bits": 4, "group_size": -1, "desc_act": True, "damp_percent": 0.001, "block_size": 32},
    ]
    w64, h64 = weight.astype(np.float64), hessian.astype(np.float64)
    cases = []
    for change in changes:
        case = base | change
        cases.append({"settings": case, "expected": gptq(w64, h64, case)})

    packs = []
    for bits, group_size in [(8, 32), (4, 64)]:
        moved = torch.tensor(rng.normal(0, 0.02, (32, 128)), dtype=torch.float32)
        maxq = 2**bits - 1
        grouped = moved.reshape(32, -1, group_size)
        scales = 2 * grouped.abs().amax(dim=2) / maxq
        zeros = torch.full_like(scales, (maxq + 1) / 2)
        index = torch.arange(128) // group_size
        codes = torch.clamp(torch.round(moved / scales[:, index]) + zeros[:, index], 0, maxq)
        packs.append({
            "bits": bits, "group_size": group_size, "codes": codes.int().tolist(),
            "scales": scales.tolist(),
            "expected": autogptq_pack(codes, scales, zeros, bits, group_size),
        })

    golden = {
        "made_by": {"numpy": np.__version__, "torch": torch.__version__, "seed": SEED},
        "weight": [[float(str(v)) for v in row] for row in weight],
        "hessian": [[float(str(v)) for v in row] for row in hessian],
        "gptq": cases,
        "autogptq_packs": packs,
    }
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
