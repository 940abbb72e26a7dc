"""A Qwen2 model that has learned something: the demo model's weights under a Qwen2 config, with
small random biases on q, k and v, so that its perplexity means as much as the demo model's.

  python make_qwen2.py DEMO_MODEL_DIR OUTPUT_DIR [--seed 20261125] [--bias 0.05]

The demo model is a Llama whose head_dim is hidden_size / heads, so that without the biases both
families compute the same. Stored as bfloat16. Needs torch, transformers.
"""
import argparse
import json
import pathlib
import shutil

import peers
import torch
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model")
parser.add_argument("output")
parser.add_argument("--seed", type=int, default=20261125)
parser.add_argument("--bias", type=float, default=0.05, help="standard deviation of the biases")
options = parser.parse_args()

llama = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
config = llama.config
model = Qwen2ForCausalLM(Qwen2Config(
    **{key: getattr(config, key) for key in (
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "num_key_value_heads", "rms_norm_eps", "max_position_embeddings",
        "tie_word_embeddings", "rope_parameters", "bos_token_id", "eos_token_id", "hidden_act",
    )},
    # Without one GPTQModel takes that of the real Qwen2, which this vocabulary does not have.
    pad_token_id=config.eos_token_id,
))
missing, unexpected = model.load_state_dict(llama.state_dict(), strict=False)
assert not unexpected and all(name.endswith("_proj.bias") for name in missing), (missing, unexpected)
generator = torch.Generator().manual_seed(options.seed)
for name, parameter in sorted(model.named_parameters()):
    if name.endswith(".bias"):
        parameter.data.normal_(0, options.bias, generator=generator)
model.to(torch.bfloat16).save_pretrained(options.output)
for path in sorted(pathlib.Path(options.model).glob("tokenizer*")):
    shutil.copy(path, options.output)
path = pathlib.Path(options.output) / "tokenizer_config.json"
tokenizer = json.loads(path.read_text())
path.write_text(json.dumps({**tokenizer, "pad_token": tokenizer["eos_token"]}) + "\n")
peers.print_result({"biases": len(missing), "seed": options.seed, "bias": options.bias})
