"""tenbin from Python: the same commands, with exceptions, data frames and progress bars.

Every function runs the tenbin binary and reads what it prints; nothing is computed here. Options are
the command's own, with underscores: ``group_size=128`` is ``--group-size 128``.

    import tenbin

    calibration = tenbin.calibrate(source="wiki.jsonl", tokenizer="MODEL", take="first:1000", output="set.sqlite")
    study = tenbin.sweep({"method": "grid", "parameters": {...}}, study="study.sqlite")
    study.trials().sort_values("kld_mean")
    tenbin.quantize("MODEL", "MODEL-int4", calibration="set.sqlite", bits=4, group_size=128, desc_act=True)
    tenbin.audit("MODEL-int4", base="MODEL").verdict
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Union

from ._command import PathLike, TenbinError, Value, binary, run, run_json
from .study import Study

__all__ = [
    "AuditReport", "Study", "TenbinError", "audit", "binary", "calibrate", "diagnose", "divergence",
    "perplexity", "quantize", "run", "sweep",
]


def calibrate(*, output: PathLike, progress: bool = False, **options: Value) -> Path:
    """Builds a calibration set (``tenbin calib build``) and returns its path."""
    run("calib", "build", options={"output": output, **options}, progress=progress)
    return Path(os.fspath(output))


def sweep(
    config: Union[PathLike, Mapping[str, Any]], *, study: PathLike, progress: bool = False, **options: Value
) -> Study:
    """Runs a sweep (``tenbin sweep run``), or goes on with it, and returns its study.

    ``config`` is the path of a sweep.yaml, or what stands in one as a mapping.
    """
    if not isinstance(config, Mapping):
        run("sweep", "run", config, options={"study": study, **options}, progress=progress)
        return Study(study)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.yaml"
        # JSON is YAML.
        path.write_text(json.dumps(config, ensure_ascii=False, default=os.fspath), encoding="utf-8")
        run("sweep", "run", path, options={"study": study, **options}, progress=progress)
    return Study(study)


def quantize(model: PathLike, output: PathLike, *, progress: bool = False, **settings: Value) -> Path:
    """Writes a quantized checkpoint (``tenbin quantize``) and returns its folder."""
    run("quantize", model, options={"output": output, **settings}, progress=progress)
    return Path(os.fspath(output))


@dataclass(frozen=True)
class AuditReport:
    """What ``tenbin audit`` says of a checkpoint."""

    #: healthy, suspect or defective.
    verdict: str
    #: What was found, most serious first, each with the keys of the command's JSON.
    findings: list[dict[str, Any]] = field(default_factory=list)
    #: The command's whole JSON.
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_healthy(self) -> bool:
        """Whether nothing was found."""
        return self.verdict == "healthy"


def audit(checkpoint: PathLike, *, base: PathLike | None = None, progress: bool = False, **options: Value) -> AuditReport:
    """Looks a GPTQ checkpoint over (``tenbin audit``); a defective one is a report, not an exception."""
    data = run_json(
        "audit", checkpoint, options={"base": base, **options}, progress=progress, accept=(0, 2)
    )
    return AuditReport(verdict=data["verdict"], findings=list(data.get("findings", [])), data=data)


def diagnose(
    model: PathLike, *, suspect: PathLike, baseline: PathLike, calibration: PathLike, progress: bool = False,
    **options: Value,
) -> dict[str, Any]:
    """Asks why one quantization is worse than another (``tenbin diagnose``); returns its JSON."""
    result: dict[str, Any] = run_json(
        "diagnose", model,
        options={"suspect": suspect, "baseline": baseline, "calibration": calibration, **options},
        progress=progress,
    )
    return result


def perplexity(model: PathLike, *, data: Value, progress: bool = False, **options: Value) -> list[dict[str, Any]]:
    """Scores held-out text (``tenbin evaluate perplexity``): one row per domain."""
    rows: list[dict[str, Any]] = run_json(
        "evaluate", "perplexity", model, options={"data": data, **options}, progress=progress
    )
    return rows


def divergence(
    base: PathLike, model: PathLike, *, data: Value, progress: bool = False, **options: Value
) -> list[dict[str, Any]]:
    """Compares two models token by token (``tenbin evaluate divergence``): one row per domain."""
    rows: list[dict[str, Any]] = run_json(
        "evaluate", "divergence", base, model, options={"data": data, **options}, progress=progress
    )
    return rows
