"""Logits of a tiny random PLaMo 3, whose code is on the Hub and not in transformers: written out here
from the formulas of vLLM's and mlx-lm's models/plamo3.py.

  python make_golden_plamo3.py REPOSITORY    (needs torch, safetensors)

Writes Fixtures/tiny-plamo3. A sliding layer sees `window_size` tokens before its own (mlx-lm says so of
the Hub's mask; vLLM's window counts the token itself).
"""
import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

SEED = 20261126
folder = pathlib.Path(sys.argv[1]) / "Tests/ModelTests/Fixtures/tiny-plamo3"
folder.mkdir(exist_ok=True)
torch.manual_seed(SEED)

config = dict(
    architectures=["Plamo3ForCausalLM"], model_type="plamo3", hidden_size=32, intermediate_size=40,
    num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, head_dim=8, vocab_size=96,
    max_position_embeddings=512, rms_norm_eps=1e-6, tie_word_embeddings=True, window_size=40,
    sliding_window_pattern=4, rope_theta=5000, rope_local_theta=100, rope_scaling_factor=4.0,
    initial_context_length=100, dtype="bfloat16",
)
d, m, h, n, kv = 32, 40, 8, 4, 2


def random(*shape, std=0.3):
    return (torch.randn(*shape) * std).bfloat16()


tensors = {"model.embed_tokens.weight": random(96, d), "model.norm.weight": random(d)}
for layer in range(config["num_hidden_layers"]):
    at = f"model.layers.layers.{layer}."
    tensors[at + "mixer.qkv_proj.weight"] = random((n + 2 * kv) * h, d)
    tensors[at + "mixer.o_proj.weight"] = random(d, n * h)
    tensors[at + "mixer.q_norm.weight"] = random(h)
    tensors[at + "mixer.k_norm.weight"] = random(h)
    tensors[at + "mlp.gate_up_proj.weight"] = random(2 * m, d)
    tensors[at + "mlp.down_proj.weight"] = random(d, m)
    for norm in ("pre_mixer", "post_mixer", "pre_mlp", "post_mlp"):
        tensors[at + norm + "_norm.weight"] = random(d)
save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
(folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def norm(x, name, offset):
    gain = tensors[name + ".weight"].float() + offset
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]) * gain


def linear(x, name):
    return x @ tensors[name + ".weight"].float().T


def yarn(base, factor, original):
    """No rounding to whole places; beta 32 and 1."""
    places = torch.arange(h // 2)
    plain = base ** (-2 * places / h)

    def place(turns):
        return h * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = max(place(32), 0), min(place(1), h - 1)
    ramp = ((places - low) / (high - low)).clamp(0, 1)
    return plain * (1 - ramp) + plain / factor * ramp, 0.1 * math.log(factor) + 1


def rotated(x, frequencies, magnitude):
    angles = torch.arange(x.shape[-2])[:, None] * torch.cat([frequencies, frequencies])
    first, second = x.chunk(2, -1)
    return (x * angles.cos() + torch.cat([-second, first], -1) * angles.sin()) * magnitude


def logits(ids):
    x = tensors["model.embed_tokens.weight"].float()[ids]
    t = len(ids)
    distance = torch.arange(t)[:, None] - torch.arange(t)[None]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.layers.{layer}."
        full = (layer + 1) % config["sliding_window_pattern"] == 0
        y = linear(norm(x, at + "pre_mixer_norm", 1), at + "mixer.qkv_proj")
        q, k, v = (
            part.view(t, -1, h).transpose(0, 1) for part in y.split([n * h, kv * h, kv * h], -1))
        if full:
            rope = yarn(
                config["rope_theta"], config["rope_scaling_factor"], config["initial_context_length"])
        else:
            rope = config["rope_local_theta"] ** (-2 * torch.arange(h // 2) / h), 1.0
        q = rotated(norm(q, at + "mixer.q_norm", 1), *rope)
        k = rotated(norm(k, at + "mixer.k_norm", 1), *rope)
        k, v = (part.repeat_interleave(n // kv, 0) for part in (k, v))
        seen = distance >= 0
        if not full:
            seen &= distance <= config["window_size"]
        scores = (q @ k.transpose(1, 2) / math.sqrt(h)).masked_fill(~seen, -math.inf)
        y = (scores.softmax(-1) @ v).transpose(0, 1).reshape(t, n * h)
        x = x + norm(linear(y, at + "mixer.o_proj"), at + "post_mixer_norm", 1 / 5)
        gate, up = linear(norm(x, at + "pre_mlp_norm", 1), at + "mlp.gate_up_proj").chunk(2, -1)
        y = linear(torch.nn.functional.silu(gate) * up, at + "mlp.down_proj")
        x = x + norm(y, at + "post_mlp_norm", 5**-1.5)
    return norm(x, "model.norm", 1) @ tensors["model.embed_tokens.weight"].float().T


ids = torch.randint(0, 96, (300,)).tolist()
z = logits(ids).double()
golden = {
    "generator": "Tests/ModelTests/make_golden_plamo3.py", "torch": torch.__version__, "seed": SEED,
    "sequences": [
        {
            "input_ids": ids, "positions": [0, 5, 299], "stride": 7,
            "logits": [[round(x, 6) for x in z[t, ::7].tolist()] for t in (0, 5, 299)],
            "log_sum_exp": [round(x, 7) for x in torch.logsumexp(z, -1).tolist()],
        }
    ],
}
(folder / "logits.json").write_text(json.dumps(golden) + "\n")
