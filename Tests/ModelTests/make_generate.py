"""Greedy continuations of transformers in float32, for the tiny models of Fixtures.

  python make_generate.py REPOSITORY    (needs torch, transformers, safetensors)

Writes Fixtures/generate.json: of each model some prompts, given by where they stand in its logits.json,
what `generate(do_sample=False)` appends, and at each new token by how much the likeliest logit is ahead
of the next, relative to the largest in magnitude. plamo3's code is its own, and has no place here.
"""
import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM

NEW_TOKENS = 24
root = pathlib.Path(sys.argv[1])
fixtures = root / "Tests/ModelTests/Fixtures"
torch.set_num_threads(1)
models = {}
for folder in sorted(fixtures.glob("tiny-*")):
    if folder.name == "tiny-plamo3":
        continue
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = json.loads((folder / "logits.json").read_text())["sequences"][-1]["input_ids"]
    cases = []
    # The last prompt passes the sliding windows and, with what it makes, the lengths of rotary scalings.
    for first, count in [(0, 1), (3, 17), (20, 58), (0, 120)]:
        prompt = torch.tensor([ids[first:first + count]])
        with torch.no_grad():
            out = model.generate(
                prompt, attention_mask=torch.ones_like(prompt), do_sample=False,
                max_new_tokens=NEW_TOKENS, eos_token_id=None, pad_token_id=0, use_cache=True,
                output_logits=True, return_dict_in_generate=True)
        gaps = []
        for logits in out.logits:
            top = logits[0].topk(2).values
            gaps.append(float((top[0] - top[1]) / logits[0].abs().max()))
        cases.append(dict(
            first=first, count=count, tokens=out.sequences[0][count:].tolist(),
            gaps=[float(f"{gap:.3g}") for gap in gaps]))
    models[folder.name] = cases
golden = dict(
    generator="Tests/ModelTests/make_generate.py", torch=torch.__version__,
    transformers=transformers.__version__, models=models)
text = json.dumps(golden, separators=(",", ":"))
(fixtures / "generate.json").write_text(text.replace('"tiny-', '\n"tiny-') + "\n")
for name, cases in models.items():
    print(name, min(gap for case in cases for gap in case["gaps"]))
