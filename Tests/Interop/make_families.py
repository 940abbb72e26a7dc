"""Models of other families that have learned something: the demo model's weights under their configs.

  python make_families.py DEMO_MODEL_DIR OUTPUT_DIR [--seed 20261126] [--only mixtral,qwen3_moe,...]
      [--experts 4] [--skew 0]

phi3 computes what the demo model computes. mixtral, qwen2_moe, qwen3_moe and gpt_oss have four experts
that differ from its MLP by `--noise` of the weights' size, two of them for each token. With `--skew`,
the routers' rows get shorter from expert to expert, the last by that share: what it is sent dwindles. Where a family
norms what a Llama does not (gemma2, gemma3_text: both branches; qwen3_moe, gemma3_text: q and k), the
gains are the sizes that the demo model has there on its held-out text, so that a model stays one.
plamo3, whose code is not in transformers, is written tensor by tensor.
Stored as bfloat16. Needs torch, transformers.
"""
import argparse
import json
import pathlib
import shutil

import peers
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model")
parser.add_argument("output", type=pathlib.Path)
parser.add_argument("--seed", type=int, default=20261126)
parser.add_argument("--noise", type=float, default=0.3)
parser.add_argument("--experts", type=int, default=4)
parser.add_argument("--skew", type=float, default=0)
parser.add_argument(
    "--only", default="phi3,mixtral,qwen2_moe,qwen3_moe,gemma2,gemma3_text,gpt_oss,plamo3")
options = parser.parse_args()

demo = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(options.model)
config = demo.config
d, m, h = config.hidden_size, config.intermediate_size, config.head_dim
weights = {name: tensor for name, tensor in demo.state_dict().items()}
EXPERTS, CHOSEN = options.experts, 2

usual = {key: getattr(config, key) for key in (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "rms_norm_eps", "max_position_embeddings", "bos_token_id", "eos_token_id",
)} | {"pad_token_id": config.eos_token_id, "tie_word_embeddings": False}
theta = config.rope_parameters["rope_theta"]
rope = {"rope_parameters": {"rope_type": "default", "rope_theta": theta}}


def sizes():
    """The root mean square of q and k heads and of both branches, layer by layer, on some text."""
    path = pathlib.Path(options.model).parent / "corpus/heldout-wiki.jsonl"
    text = json.loads(path.read_text(encoding="utf-8").splitlines()[0])["text"]
    found, handles = {}, []
    for name, module in demo.named_modules():
        if name.endswith(("q_proj", "k_proj", "self_attn.o_proj", "down_proj")):
            width = h if name.endswith(("q_proj", "k_proj")) else d
            handles.append(module.register_forward_hook(
                lambda _, __, y, name=name, width=width: found.__setitem__(
                    name, y.reshape(-1, width).pow(2).mean(-1).sqrt().mean().item())))
    with torch.no_grad():
        demo(torch.tensor([tokenizer(text)["input_ids"][:512]]))
    for handle in handles:
        handle.remove()
    return found


size = sizes()


def noisy(tensor, generator):
    return tensor + options.noise * tensor.std() * torch.randn(tensor.shape, generator=generator)


def tensors(family, target):
    """What `family`'s parameters become, by the names of transformers 5."""
    generator = torch.Generator().manual_seed(options.seed)
    gain = 1 if family.startswith("gemma") else 0
    out = {}
    scale = d**0.5 if family.startswith("gemma") else 1
    out["model.embed_tokens.weight"] = weights["model.embed_tokens.weight"] / scale
    out["lm_head.weight"] = weights["model.embed_tokens.weight"]
    out["model.norm.weight"] = weights["model.norm.weight"] - gain
    for layer in range(config.num_hidden_layers):
        at = f"model.layers.{layer}."
        q, k, v, o = (weights[f"{at}self_attn.{name}_proj.weight"] for name in "qkvo")
        gate, up, down = (weights[f"{at}mlp.{name}_proj.weight"] for name in ("gate", "up", "down"))
        out[at + "input_layernorm.weight"] = weights[at + "input_layernorm.weight"] - gain
        before_mlp = weights[at + "post_attention_layernorm.weight"] - gain
        if family.startswith("gemma"):
            out[at + "pre_feedforward_layernorm.weight"] = before_mlp
            for norm, linear in (
                ("post_attention", "self_attn.o_proj"), ("post_feedforward", "mlp.down_proj")
            ):
                out[f"{at}{norm}_layernorm.weight"] = torch.full((d,), size[at + linear] - gain)
        else:
            out[at + "post_attention_layernorm.weight"] = before_mlp
        if family in ("qwen3_moe", "gemma3_text"):
            for name in "qk":
                out[f"{at}self_attn.{name}_norm.weight"] = torch.full(
                    (h,), size[f"{at}self_attn.{name}_proj"] - gain)
        if family == "phi3":
            out[at + "self_attn.qkv_proj.weight"] = torch.cat([q, k, v])
            out[at + "mlp.gate_up_proj.weight"] = torch.cat([gate, up])
        else:
            for name, tensor in zip("qkv", (q, k, v)):
                out[f"{at}self_attn.{name}_proj.weight"] = tensor
        out[at + "self_attn.o_proj.weight"] = o
        if family in ("phi3", "gemma2", "gemma3_text"):
            out[at + "mlp.down_proj.weight"] = down
        if family.startswith("gemma"):
            out[at + "mlp.gate_proj.weight"], out[at + "mlp.up_proj.weight"] = gate, up
        if family in ("mixtral", "qwen2_moe", "qwen3_moe", "gpt_oss"):
            router = "mlp.router.weight" if family == "gpt_oss" else "mlp.gate.weight"
            lengths = torch.linspace(1, 1 - options.skew, EXPERTS)[:, None]
            out[at + router] = torch.randn(EXPERTS, d, generator=generator) * 0.3 * lengths
            gates = torch.stack([noisy(gate, generator) for _ in range(EXPERTS)])
            ups = torch.stack([noisy(up, generator) for _ in range(EXPERTS)])
            downs = torch.stack([noisy(down, generator) for _ in range(EXPERTS)])
            if family == "gpt_oss":
                # (input, output), gate and up in turn; its gates are steeper, and up has 1 added.
                both = torch.stack([gates, ups], 2).flatten(1, 2).transpose(1, 2)
                out[at + "mlp.experts.gate_up_proj"] = both
                bias = torch.zeros(EXPERTS, 2 * m)
                bias[:, 1::2] = -1
                out[at + "mlp.experts.gate_up_proj_bias"] = bias
                out[at + "mlp.experts.down_proj"] = downs.transpose(1, 2)
            else:
                out[at + "mlp.experts.gate_up_proj"] = torch.cat([gates, ups], 1)
                out[at + "mlp.experts.down_proj"] = downs
        if family == "qwen2_moe":
            for name, tensor in (("gate", gate), ("up", up), ("down", down)):
                half = tensor[: m // 2] if name != "down" else tensor[:, : m // 2]
                out[f"{at}mlp.shared_expert.{name}_proj.weight"] = half
            out[at + "mlp.shared_expert_gate.weight"] = torch.zeros(1, d)
        if family == "gpt_oss":
            out[at + "self_attn.sinks"] = torch.full((config.num_attention_heads,), -4.0)
    # Biases that a Llama does not have.
    for name, parameter in target.items():
        if name not in out:
            assert name.endswith("bias"), name
            out[name] = torch.zeros_like(parameter)
    return out


def plamo3():
    """Tensors and config of plamo3, whose gains are stored less 1, 1/5 or 5^-1.5."""
    out = {
        # Embedding and head are one tensor; the final norm evens out their size.
        "model.embed_tokens.weight": weights["model.embed_tokens.weight"],
        "model.norm.weight": weights["model.norm.weight"] - 1,
    }
    for layer in range(config.num_hidden_layers):
        old, at = f"model.layers.{layer}.", f"model.layers.layers.{layer}."
        out[at + "mixer.qkv_proj.weight"] = torch.cat(
            [weights[f"{old}self_attn.{name}_proj.weight"] for name in "qkv"])
        out[at + "mixer.o_proj.weight"] = weights[old + "self_attn.o_proj.weight"]
        out[at + "mlp.gate_up_proj.weight"] = torch.cat(
            [weights[f"{old}mlp.{name}_proj.weight"] for name in ("gate", "up")])
        out[at + "mlp.down_proj.weight"] = weights[old + "mlp.down_proj.weight"]
        out[at + "pre_mixer_norm.weight"] = weights[old + "input_layernorm.weight"] - 1
        out[at + "pre_mlp_norm.weight"] = weights[old + "post_attention_layernorm.weight"] - 1
        for name in "qk":
            out[f"{at}mixer.{name}_norm.weight"] = torch.full(
                (h,), size[f"{old}self_attn.{name}_proj"] - 1)
        for name, linear, offset in (
            ("mixer", "self_attn.o_proj", 1 / 5), ("mlp", "mlp.down_proj", 5**-1.5)
        ):
            out[f"{at}post_{name}_norm.weight"] = torch.full((d,), size[old + linear] - offset)
    keys = {key: value for key, value in usual.items() if key != "tie_word_embeddings"}
    return out, keys | {
        "architectures": ["Plamo3ForCausalLM"], "model_type": "plamo3", "head_dim": h,
        "tie_word_embeddings": True, "window_size": 256, "sliding_window_pattern": 3,
        "rope_theta": theta, "rope_local_theta": theta, "dtype": "bfloat16"}


moe = {"num_experts_per_tok": CHOSEN}
KINDS = {
    "phi3": ("Phi3", rope | {"original_max_position_embeddings": config.max_position_embeddings}),
    "mixtral": ("Mixtral", rope | moe | {"num_local_experts": EXPERTS}),
    "qwen2_moe": ("Qwen2Moe", rope | moe | {
        "num_experts": EXPERTS, "moe_intermediate_size": m, "norm_topk_prob": True,
        "shared_expert_intermediate_size": m // 2}),
    "qwen3_moe": ("Qwen3Moe", rope | moe | {
        "num_experts": EXPERTS, "moe_intermediate_size": m, "norm_topk_prob": True, "head_dim": h}),
    "gemma2": ("Gemma2", rope | {
        "head_dim": h, "query_pre_attn_scalar": h, "sliding_window": 256}),
    "gemma3_text": ("Gemma3Text", {
        "head_dim": h, "query_pre_attn_scalar": h, "sliding_window": 256,
        "rope_parameters": {kind: rope["rope_parameters"] for kind in (
            "full_attention", "sliding_attention")}}),
    "gpt_oss": ("GptOss", moe | rope | {
        "num_local_experts": EXPERTS, "head_dim": h, "sliding_window": 256, "swiglu_alpha": 1.0,
        "swiglu_limit": 100.0}),
}
for family in options.only.split(","):
    folder = options.output / family
    if family == "plamo3":
        state, keys = plamo3()
        folder.mkdir(parents=True)
        save_file(
            {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in state.items()},
            folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(keys, indent=2) + "\n")
    else:
        name, keys = KINDS[family]
        model = getattr(transformers, f"{name.removesuffix('Text')}ForCausalLM")(
            getattr(transformers, f"{name}Config")(**usual | keys))
        state = model.state_dict()
        model.load_state_dict(tensors(family, state))
        model.to(torch.bfloat16).save_pretrained(folder)
    for path in sorted(pathlib.Path(options.model).glob("tokenizer*")):
        shutil.copy(path, folder)
    path = folder / "tokenizer_config.json"
    words = json.loads(path.read_text())
    path.write_text(json.dumps({**words, "pad_token": words["eos_token"]}) + "\n")
peers.print_result({"families": options.only, "seed": options.seed, "noise": options.noise})
