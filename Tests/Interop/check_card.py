"""Reads model cards as the Hugging Face Hub does: huggingface_hub's ModelCard and its model-index.

    python Tests/Interop/check_card.py README.md...

Made for huggingface_hub 2.4.0. Exits with 1 where a header does not parse, a key has a type that the Hub
refuses, or a result of the model-index does not come back with its number.
"""

import sys

from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

TEXTS = ("license", "base_model", "base_model_relation", "library_name", "pipeline_tag")
LISTS = ("language", "tags", "datasets")


def faults(path):
    """What the Hub would object to, a sentence each."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    data = ModelCard(text, ignore_metadata_errors=False).data
    found = []
    for key in TEXTS:
        value = data.get(key)
        if value is not None and not isinstance(value, str):
            found.append(f"{key} is {value!r}, no text")
    for key in LISTS:
        value = data.get(key)
        if value is not None and not all(isinstance(one, str) for one in value):
            found.append(f"{key} is {value!r}, no list of texts")
    if data.get("base_model_relation") not in (None, "quantized"):
        found.append(f"base_model_relation is {data.get('base_model_relation')!r}")
    if "quantized" == data.get("base_model_relation") and not data.get("base_model"):
        found.append("base_model_relation without base_model")
    for key in ("library_name", "pipeline_tag", "tags"):
        if not data.get(key):
            found.append(f"no {key}")
    raw = text.split("\n---\n")[0]
    stated = [line for line in raw.split("\n") if line.strip().startswith("value:")]
    results = data.eval_results or []
    if len(results) != len(stated):
        found.append(f"{len(stated)} values in the header, {len(results)} results")
    for result, line in zip(results, stated):
        if not isinstance(result.metric_value, (int, float)) or isinstance(result.metric_value, bool):
            found.append(f"{result.metric_type} is {result.metric_value!r}, no number")
        elif result.metric_value != float(line.split(":")[1]):
            found.append(f"{result.metric_type} {result.metric_value} of {line.strip()}")
        if not (result.task_type and result.dataset_type and result.dataset_name):
            found.append(f"a result without task or dataset: {result}")
    # What the Hub makes of the whole, and back.
    again = data.to_dict().get("model-index")
    if again is not None:
        _, back = model_index_to_eval_results(again)
        if [one.metric_value for one in back] != [one.metric_value for one in results]:
            found.append("the model-index does not come back")
    return data, found


def main(paths):
    bad = 0
    for path in paths:
        data, found = faults(path)
        print(f"{path}: {len(data.eval_results or [])} results, tags {data.get('tags')}")
        for fault in found:
            print(f"  {fault}")
        bad += bool(found)
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
