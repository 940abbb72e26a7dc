"""Logits of transformers in float32, for the demo model and for a tiny untied Llama.

  python make_golden.py REPOSITORY    (needs torch, transformers, safetensors)

Writes Fixtures/demo-logits.json and Fixtures/tiny-llama/.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

SEED = 20261123
root = pathlib.Path(sys.argv[1])
fixtures = root / "Tests/ModelTests/Fixtures"
provenance = {
    "generator": "Tests/ModelTests/make_golden.py",
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "seed": SEED,
}


def golden(model, ids, tokens):
    """Full logits of the last `tokens` positions would be large: every 7th entry will do."""
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    return {
        "input_ids": ids,
        "positions": tokens,
        "stride": 7,
        "logits": [[round(x, 6) for x in logits[t, ::7].tolist()] for t in tokens],
        "log_sum_exp": torch.logsumexp(logits, -1).tolist(),
    }


torch.manual_seed(SEED)
demo = LlamaForCausalLM.from_pretrained(root / "notebooks-data/demo-model", dtype=torch.float32)
demo.eval()
ids = [0] + torch.randint(2, 8192, (299,)).tolist()
(fixtures / "demo-logits.json").write_text(
    json.dumps({**provenance, **golden(demo, ids, [0, 1, 17, 150, 299])}) + "\n"
)

config = LlamaConfig(
    vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, head_dim=12, rope_theta=10000.0,
    tie_word_embeddings=False, rms_norm_eps=1e-6, max_position_embeddings=512,
)
tiny = LlamaForCausalLM(config).float().eval()
for parameter in tiny.parameters():
    parameter.data.normal_(0, 0.3 if parameter.ndim == 2 else 1.0)
folder = fixtures / "tiny-llama"
shutil.rmtree(folder, ignore_errors=True)
tiny.save_pretrained(folder, max_shard_size="20KB")
(folder / "generation_config.json").unlink(missing_ok=True)
ids = torch.randint(0, 96, (300,)).tolist()
(folder / "logits.json").write_text(
    json.dumps({**provenance, **golden(tiny, ids, [0, 5, 299])}) + "\n"
)
