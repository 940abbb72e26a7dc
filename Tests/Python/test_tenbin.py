"""The Python module on the demo model: every function, run by check_wheel.sh in a fresh environment."""

import json
import os
import pathlib
import pickle
import subprocess
import sys

import pytest
import tenbin

DATA = pathlib.Path(os.environ["NOTEBOOKS_DATA"])
MODEL = DATA / "demo-model"
HELDOUT = DATA / "corpus" / "heldout-wiki.jsonl"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("学習 data")


@pytest.fixture(scope="session")
def calibration(folder: pathlib.Path) -> pathlib.Path:
    return tenbin.calibrate(
        source=DATA / "corpus" / "jawiki-sample.xml", tokenizer=MODEL, take="first:8", max_seq_length=128,
        output=folder / "set.sqlite",
    )


@pytest.fixture(scope="session")
def checkpoint(folder: pathlib.Path, calibration: pathlib.Path) -> pathlib.Path:
    return tenbin.quantize(
        MODEL, folder / "int4", calibration=calibration, bits=4, group_size=-1, desc_act=True, progress=True
    )


@pytest.fixture(scope="session")
def study(folder: pathlib.Path, calibration: pathlib.Path) -> tenbin.Study:
    settings = {
        "bits": {"values": [4, 8]}, "group_size": {"value": 128}, "calibration_draws": {"value": 0},
        "model": {"value": MODEL}, "calibration": {"value": calibration}, "heldout": {"value": [HELDOUT]},
        "heldout_tokens": {"value": 1024},
    }
    return tenbin.sweep({"method": "grid", "parameters": settings}, study=folder / "study.sqlite")


def test_the_command_is_on_the_path() -> None:
    command = pathlib.Path(sys.executable).parent / "tenbin"
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == tenbin.run("--version").strip()


def test_quantize_takes_a_value_that_begins_with_a_dash(checkpoint: pathlib.Path) -> None:
    assert '"group_size": -1' in (checkpoint / "quantize_config.json").read_text()


def test_audit_of_a_defective_checkpoint_is_a_report(checkpoint: pathlib.Path, folder: pathlib.Path) -> None:
    assert tenbin.audit(checkpoint).verdict != "defective"
    broken = folder / "broken"
    broken.mkdir()
    for file in checkpoint.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    weights = bytearray((broken / "model.safetensors").read_bytes())
    length = int.from_bytes(weights[:8], "little")
    header = json.loads(weights[8 : 8 + length])
    start, end = header["model.layers.0.mlp.up_proj.qweight"]["data_offsets"]
    weights[8 + length + start : 8 + length + end] = b"\xff" * (end - start)
    (broken / "model.safetensors").write_bytes(weights)
    report = tenbin.audit(broken, base=MODEL)
    assert not report.is_healthy and report.findings


def test_scores(checkpoint: pathlib.Path) -> None:
    (base,) = tenbin.perplexity(MODEL, data=HELDOUT, context=128, max_tokens=512)
    (quantized,) = tenbin.perplexity(checkpoint, data=[HELDOUT], context=128, max_tokens=512)
    assert 1 < base["perplexity"] < quantized["perplexity"] < 10 * base["perplexity"]
    (row,) = tenbin.divergence(MODEL, checkpoint, data=HELDOUT, context=128, max_tokens=512)
    assert 0 < row["kld_mean"] < 2


def test_frames_agree_with_the_study(study: tenbin.Study) -> None:
    trials = study.trials()
    assert set(trials["bits"]) == {4, 8}
    layers = study.layers()
    assert len(layers) == len(trials) * 7 * layers["layer"].nunique()
    assert {"trial", "domain", "metric", "value"} <= set(study.evaluations().columns)
    assert study.best() and len(study.status()) >= 2


def test_page(study: tenbin.Study, folder: pathlib.Path) -> None:
    assert "<html" in study.html(folder / "report.html").read_text()


def test_diagnose(calibration: pathlib.Path) -> None:
    result = tenbin.diagnose(
        MODEL, suspect="nejumi-int4", baseline="nejumi-int8", calibration=calibration, heldout=HELDOUT,
        heldout_tokens=1024, swap_tokens=0, seeds=1,
    )
    assert "verdict" in result


def test_errors_have_three_parts() -> None:
    with pytest.raises(tenbin.TenbinError) as caught:
        tenbin.audit("no/such/folder")
    error = caught.value
    assert error.asked and error.found and error.hint and error.exit_code == 66
    assert pickle.loads(pickle.dumps(error)).hint == error.hint
    with pytest.raises(tenbin.TenbinError, match="bits is a whole number"):
        tenbin.quantize(MODEL, "out", calibration="none.sqlite", bits="many")
    with pytest.raises(tenbin.TenbinError, match="give --calibration") as refused:
        tenbin.quantize(MODEL, "out")
    assert refused.value.hint.startswith("usage: tenbin quantize") and refused.value.exit_code == 64
    with pytest.raises(tenbin.TenbinError, match="no such file"):
        tenbin.Study("none.sqlite")
