"""A study, as data frames."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._command import PathLike, TenbinError, run, run_json

if TYPE_CHECKING:
    import pandas


class Study:
    """A study that ``tenbin sweep run`` has written.

    The frames have the columns of the CSV files that ``tenbin report csv`` writes; what each means
    stands in docs/metrics.md. pandas is needed: ``pip install 'tenbin[pandas]'``.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = Path(os.fspath(path))
        if not self.path.exists():
            raise TenbinError(
                f"open the study {self.path}", "no such file",
                "give a study that `tenbin sweep run` has written", 66,
            )

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r})"

    def trials(self) -> "pandas.DataFrame":
        """One row per trial: settings, size, perplexity, divergence, times."""
        return self._frame("trials")

    def layers(self) -> "pandas.DataFrame":
        """One row per trial and module: errors, damping, solver path."""
        return self._frame("layers")

    def evaluations(self) -> "pandas.DataFrame":
        """One row per trial, domain and metric."""
        return self._frame("evaluations")

    def best(self) -> list[dict[str, Any]]:
        """The best trial of each size, as ``tenbin sweep best`` lists them."""
        rows: list[dict[str, Any]] = run_json("sweep", "best", self.path)
        return rows

    def status(self) -> list[dict[str, Any]]:
        """Every trial and how far it is."""
        rows: list[dict[str, Any]] = run_json("sweep", "status", self.path)
        return rows

    def html(self, output: PathLike, **options: Any) -> Path:
        """Writes the study's report page."""
        run("report", "html", self.path, options={"output": output, **options})
        return Path(os.fspath(output))

    def _frame(self, name: str) -> "pandas.DataFrame":
        import pandas

        with tempfile.TemporaryDirectory() as folder:
            run("report", "csv", self.path, options={"output": folder})
            return pandas.read_csv(Path(folder) / f"{name}.csv")
