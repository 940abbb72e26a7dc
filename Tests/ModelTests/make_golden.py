"""Logits of transformers in float32, for the demo model and for tiny random models of each family.

  python make_golden.py REPOSITORY [NAME...]    (needs torch, transformers, safetensors)

Writes Fixtures/demo-logits.json and one folder Fixtures/tiny-* for each entry of MODELS, or for
those named: the model as transformers saves it, its config.json edited as `config` says, and the logits of what
transformers reads back from that folder.
"""
import json
import pathlib
import shutil
import sys
import zlib

import torch
import transformers
from transformers import AutoModelForCausalLM

SEED = 20261123
root = pathlib.Path(sys.argv[1])
fixtures = root / "Tests/ModelTests/Fixtures"
provenance = {
    "generator": "Tests/ModelTests/make_golden.py",
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "seed": SEED,
}
ABSENT = "absent"  # as the value of a config key: take it out
# The first models were drawn one after another.
SEEDED_TOGETHER = [
    "llama", "llama3", "llama-linear", "llama-dynamic", "mistral", "mistral-full", "qwen2",
    "qwen2-sliding", "qwen2-types", "qwen3", "qwen3-mixed", "phi3", "gemma2", "qwen3_moe",
]

BASE = dict(
    vocab_size=96, hidden_size=32, intermediate_size=40, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-6,
    max_position_embeddings=512, tie_word_embeddings=False,
)
LLAMA3 = dict(
    rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=64,
)
LINEAR = dict(type="linear", factor=2.5)

# name: family, what the model is made with, the dtype it is stored in, edits of config.json,
# lengths of the sequences
MODELS = {
    "llama": ("Llama", dict(head_dim=12, intermediate_size=48), "float32", {}, [300]),
    # Llama 3.1 and 3.2: three ranges of wavelengths, tied; all biases.
    "llama3": (
        "Llama",
        dict(rope_parameters=LLAMA3, attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
        "bfloat16", {}, [300],
    ),
    # Llama 2 as transformers 4 wrote it: keys at the top, nulls, rope_scaling with `type`.
    "llama-linear": (
        "Llama",
        dict(
            num_key_value_heads=None,
            rope_parameters=dict(rope_type="linear", rope_theta=5000.0, factor=2.5),
        ),
        "float16",
        dict(
            rope_parameters=ABSENT, rope_theta=5000.0, rope_scaling=LINEAR, head_dim=None,
            num_key_value_heads=None, dtype=ABSENT, torch_dtype="float16",
        ),
        [300],
    ),
    # Shorter than, as long as, and longer than max_position_embeddings.
    "llama-dynamic": (
        "Llama",
        dict(
            max_position_embeddings=128,
            rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0),
        ),
        "bfloat16", {}, [100, 128, 300],
    ),
    "mistral": ("Mistral", dict(sliding_window=64, head_dim=16), "bfloat16", {}, [300]),
    "mistral-full": ("Mistral", dict(sliding_window=None), "bfloat16", {}, [300]),
    # The window is there, and is not to be used.
    "qwen2": ("Qwen2", {}, "bfloat16", dict(layer_types=ABSENT, sliding_window=32), [300]),
    # Layer 0 sees everything, layers 1 and 2 slide.
    "qwen2-sliding": (
        "Qwen2",
        dict(
            num_hidden_layers=3, use_sliding_window=True, sliding_window=50, max_window_layers=1,
            tie_word_embeddings=True,
        ),
        "bfloat16", dict(layer_types=ABSENT), [300],
    ),
    # Shards, and all three float types in each: norms F32, embedding and head F16, linears BF16.
    "qwen2-types": ("Qwen2", {}, "mixed", {}, [300]),
    # As the bigger Qwen3 models: heads wider than hidden_size / heads.
    "qwen3": ("Qwen3", dict(head_dim=16), "float16", {}, [300]),
    "qwen3-mixed": (
        "Qwen3",
        dict(
            head_dim=12, attention_bias=True, use_sliding_window=True, sliding_window=40,
            layer_types=["sliding_attention", "full_attention"],
        ),
        "bfloat16", {}, [300],
    ),
    # YaRN with a range that is rounded to whole places, and one that is not; past the length that the
    # model was trained on.
    "llama-yarn": (
        "Llama",
        dict(
            rope_parameters=dict(
                rope_type="yarn", rope_theta=10000.0, factor=4.0,
                original_max_position_embeddings=64),
        ),
        "bfloat16", {}, [300],
    ),
    "qwen2-yarn": (
        "Qwen2",
        dict(
            rope_parameters=dict(
                rope_type="yarn", rope_theta=500.0, factor=3.0, truncate=False, beta_fast=8.0,
                beta_slow=0.5, mscale=0.7, mscale_all_dim=1.3,
                original_max_position_embeddings=100),
        ),
        "bfloat16", {}, [300],
    ),
    # Fused projections, part of each head rotated, all layers sliding.
    "phi3": (
        "Phi3",
        dict(
            sliding_window=64, pad_token_id=0, original_max_position_embeddings=512,
            rope_parameters=dict(
                rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5),
        ),
        "float32", {}, [300],
    ),
    # As Phi-4-mini: up to, and past, the length that the model was trained on.
    "phi3-longrope": (
        "Phi3",
        dict(
            num_key_value_heads=None, hidden_size=64, pad_token_id=0,
            original_max_position_embeddings=128,
            rope_parameters=dict(
                rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=0.75,
                short_factor=[1.0, 1.1, 1.3, 1.5, 2.0, 2.5],
                long_factor=[1.0, 1.5, 2.5, 4.0, 6.0, 9.0]),
        ),
        "bfloat16", {}, [100, 128, 300],
    ),
    # As Phi-3 in older files: the base at the top, `type`.
    "phi3-older": (
        "Phi3",
        dict(
            pad_token_id=0, original_max_position_embeddings=256,
            rope_parameters=dict(
                rope_type="longrope", rope_theta=500.0, short_factor=[1.0, 1.1, 1.3, 1.5],
                long_factor=[1.0, 1.5, 2.5, 4.0]),
        ),
        "bfloat16",
        dict(
            rope_parameters=ABSENT, rope_theta=500.0,
            rope_scaling=dict(
                type="longrope", short_factor=[1.0, 1.1, 1.3, 1.5], long_factor=[1.0, 1.5, 2.5, 4.0]),
        ),
        [300],
    ),
    # Four norms a layer with gains 1 + w, caps on scores and logits, GELU, scaled embeddings, layer 0
    # sliding.
    "gemma2": (
        "Gemma2",
        dict(
            head_dim=12, query_pre_attn_scalar=20, sliding_window=64, attn_logit_softcapping=4.0,
            final_logit_softcapping=6.0, tie_word_embeddings=True, pad_token_id=0,
        ),
        "float32", {}, [300],
    ),
    # As published: no layer_types, no word on tied embeddings.
    "gemma2-older": (
        "Gemma2",
        dict(
            head_dim=12, query_pre_attn_scalar=12, sliding_window=40, pad_token_id=0,
            num_hidden_layers=3, attn_logit_softcapping=50.0, final_logit_softcapping=30.0,
        ),
        "bfloat16",
        dict(
            layer_types=ABSENT, tie_word_embeddings=ABSENT, rope_parameters=ABSENT,
            rope_theta=10000.0, hidden_act="gelu_pytorch_tanh",
        ),
        [300],
    ),
    # Two rotary bases, the full layers' scaled; q and k normed with gains 1 + w.
    "gemma3_text": (
        "Gemma3Text",
        dict(
            head_dim=12, query_pre_attn_scalar=20, sliding_window=64, pad_token_id=0,
            tie_word_embeddings=True, num_hidden_layers=3,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
            rope_parameters=dict(
                full_attention=dict(rope_type="linear", rope_theta=5000.0, factor=8.0),
                sliding_attention=dict(rope_type="default", rope_theta=100.0)),
        ),
        "bfloat16", {}, [300],
    ),
    # As published: the pattern as a number, both bases at the top.
    "gemma3_text-older": (
        "Gemma3Text",
        dict(
            head_dim=12, query_pre_attn_scalar=12, sliding_window=30, pad_token_id=0,
            tie_word_embeddings=True, num_hidden_layers=3, sliding_window_pattern=3,
            rope_parameters=dict(
                full_attention=dict(rope_type="linear", rope_theta=7000.0, factor=4.0),
                sliding_attention=dict(rope_type="default", rope_theta=200.0)),
        ),
        "bfloat16",
        dict(
            layer_types=ABSENT, tie_word_embeddings=ABSENT, rope_parameters=ABSENT,
            rope_theta=7000.0, rope_local_base_freq=200.0, sliding_window_pattern=3,
            rope_scaling=dict(rope_type="linear", factor=4.0),
        ),
        [300],
    ),
    # Two experts of five, of which one gets no token; all layers slide.
    "mixtral": (
        "Mixtral",
        dict(
            num_local_experts=5, num_experts_per_tok=2, intermediate_size=24, sliding_window=64,
            rope_parameters=dict(rope_type="default", rope_theta=1000000.0),
        ),
        "bfloat16", {}, [300],
    ),
    # Experts that the router cannot tell apart, and a shared one; layer 0 is dense, layer 2 slides.
    "qwen2_moe": (
        "Qwen2Moe",
        dict(
            num_experts=6, num_experts_per_tok=2, moe_intermediate_size=16,
            shared_expert_intermediate_size=20, num_hidden_layers=3, mlp_only_layers=[0],
            use_sliding_window=True, sliding_window=50, max_window_layers=3,
        ),
        "bfloat16", {}, [300],
    ),
    # Two experts of six for each token.
    "qwen3_moe": (
        "Qwen3Moe",
        dict(
            head_dim=12, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=24,
            norm_topk_prob=True,
        ),
        "float32", {}, [300],
    ),
    # Every second layer has experts, 70 of them for two a token: torch chooses by another way.
    "qwen3_moe-sparse": (
        "Qwen3Moe",
        dict(
            head_dim=8, num_experts=70, num_experts_per_tok=1, moe_intermediate_size=8,
            decoder_sparse_step=2, use_sliding_window=True, sliding_window=50,
            attention_bias=True,
        ),
        "bfloat16", {}, [300],
    ),
    # Sinks, biases everywhere, the clamp reached, YaRN without rounding.
    "gpt_oss": (
        "GptOss",
        dict(
            head_dim=8, num_local_experts=5, num_experts_per_tok=2, intermediate_size=24,
            sliding_window=40, swiglu_limit=1.5, pad_token_id=0,
            rope_parameters=dict(
                rope_type="yarn", rope_theta=150000.0, factor=4.0, beta_fast=32.0, beta_slow=1.0,
                truncate=False, original_max_position_embeddings=64),
        ),
        "bfloat16", {}, [300],
    ),
    # The experts as they were released.
    "gpt_oss-mxfp4": (
        "GptOss",
        dict(
            head_dim=8, num_local_experts=3, num_experts_per_tok=2, intermediate_size=32,
            sliding_window=40, pad_token_id=0,
        ),
        "mxfp4",
        dict(
            quantization_config=dict(
                quant_method="mxfp4", modules_to_not_convert=["model.layers.*.mlp.router"]),
        ),
        [300],
    ),
}


def edited(name, model):
    """What random weights alone do not show: ties between experts, an expert without a token."""
    for layer in model.model.layers:
        router = getattr(layer.mlp, "gate", None)
        if name == "qwen2_moe" and hasattr(router, "weight"):
            # 0 whatever the token, so that no rounding breaks the tie.
            router.weight.data[[0, 1, 3, 4]] = 0
        if name == "qwen3_moe-sparse" and hasattr(router, "weight"):
            router.weight.data[[e for e in range(70) if e not in (3, 20, 50)]] = 0
        if name == "mixtral":
            # Gains that are all positive, and channels 0 that are larger than all others: an expert
            # whose row is negative there is never among the two.
            layer.post_attention_layernorm.weight.data.abs_()
            router.weight.data[2] = 0
            router.weight.data[2, 0] = -20
            model.model.embed_tokens.weight.data[:, 0] = 30


def to_mxfp4(folder, model):
    """Replaces the experts by random MXFP4, in the files and in `model`."""
    from safetensors.torch import load_file, save_file
    from transformers.integrations.mxfp4 import convert_moe_packed_tensors

    path = folder / "model.safetensors"
    tensors = load_file(path)
    for index, layer in enumerate(model.model.layers):
        for name in ("gate_up_proj", "down_proj"):
            key = f"model.layers.{index}.mlp.experts.{name}"
            experts, inputs, outputs = tensors.pop(key).shape
            blocks = torch.randint(0, 256, (experts, outputs, inputs // 32, 16), dtype=torch.uint8)
            scales = torch.randint(123, 127, (experts, outputs, inputs // 32), dtype=torch.uint8)
            tensors[key + "_blocks"], tensors[key + "_scales"] = blocks, scales
            weight = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)
            assert weight.shape == (experts, inputs, outputs)
            getattr(layer.mlp.experts, name).data = weight
    save_file(tensors, path, metadata={"format": "pt"})
    return model


def golden(model, ids, tokens):
    """Full logits of every position would be large: every 7th entry of some will do."""
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    return {
        "input_ids": ids,
        "positions": tokens,
        "stride": 7,
        "logits": [[round(x, 6) for x in logits[t, ::7].tolist()] for t in tokens],
        "log_sum_exp": [round(x, 7) for x in torch.logsumexp(logits, -1).tolist()],
    }


def write(path, goldens):
    path.write_text(json.dumps({**provenance, "sequences": goldens}) + "\n")


def stored(model, dtype):
    """The model in the types it is stored in."""
    if dtype == "mxfp4":
        return model.to(torch.bfloat16)
    if dtype != "mixed":
        return model.to(getattr(torch, dtype))
    for name, parameter in model.named_parameters():
        if "norm" not in name:
            outside = "embed" in name or "lm_head" in name
            parameter.data = parameter.data.to(torch.float16 if outside else torch.bfloat16)
    return model


wanted = sys.argv[2:]
torch.manual_seed(SEED)
demo = AutoModelForCausalLM.from_pretrained(
    root / "notebooks-data/demo-model", dtype=torch.float32
).eval()
ids = [0] + torch.randint(2, 8192, (299,)).tolist()
if not wanted:
    write(fixtures / "demo-logits.json", [golden(demo, ids, [0, 1, 17, 150, 299])])

for name, (family, keys, dtype, edits, lengths) in MODELS.items():
    if wanted and name not in wanted:
        continue
    config = getattr(transformers, f"{family}Config")(**{**BASE, **keys})
    model = getattr(transformers, f"{family.removesuffix('Text')}ForCausalLM")(config)
    # A seed of its own: a model does not change when another is added before it.
    if name not in SEEDED_TOGETHER:
        torch.manual_seed(zlib.crc32(name.encode()))
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.3 if parameter.ndim > 1 else 1.0)
    edited(name, model)
    folder = fixtures / f"tiny-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    stored(model, dtype).save_pretrained(
        folder, max_shard_size="20KB" if name in ("llama", "qwen2-types") else "1GB"
    )
    (folder / "generation_config.json").unlink(missing_ok=True)
    packed = None
    if dtype == "mxfp4":
        packed = to_mxfp4(
            folder, AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32))
    saved = json.loads((folder / "config.json").read_text())
    saved = {key: value for key, value in {**saved, **edits}.items() if value != ABSENT}
    (folder / "config.json").write_text(json.dumps(saved, indent=2) + "\n")
    # A fresh model for each sequence: dynamic rotary tables remember the longest one.
    goldens = []
    for length in lengths:
        # Fused attention passes over caps on scores.
        model = packed or AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        )
        model.eval().set_attn_implementation("eager")
        ids = torch.randint(0, 96, (length,)).tolist()
        goldens.append(golden(model, ids, [0, 5, length - 1]))
    write(folder / "logits.json", goldens)
