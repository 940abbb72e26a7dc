"""Runs the tenbin binary: arguments in, its JSON or an exception out."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Iterable, Mapping, Union

PathLike = Union[str, "os.PathLike[str]"]
Value = Union[None, bool, int, float, str, "os.PathLike[str]", Iterable[Any]]

log = logging.getLogger("tenbin")

#: A line of progress: "40 %  0:12  ETA 0:18  layer 3/6 …".
_PROGRESS = re.compile(r"^\s*(\d+) %\s+(.*)$")
#: What is wrong with a command's arguments, and its usage.
_USAGE = re.compile(r"^Error: (?P<found>.*?)\n(?:.*\n)*?Usage: (?P<usage>[^\n]*)", re.S)
_PARTS = re.compile(r"^error: (?P<asked>.*?)(?:\n  found: (?P<found>.*?))?(?:\n  hint: (?P<hint>.*))?$", re.S)


class TenbinError(Exception):
    """What tenbin says when it cannot do what was asked, in its three parts.

    ``asked`` is what was to be done, ``found`` what stood in the way, ``hint`` what to do now;
    ``exit_code`` is the command's (64 usage, 65 bad data, 66 missing, 74 I/O, 130 interrupted).
    """

    def __init__(self, asked: str, found: str, hint: str, exit_code: int) -> None:
        self.asked = asked
        self.found = found
        self.hint = hint
        self.exit_code = exit_code
        parts = [asked, f"found: {found}" if found else "", f"hint: {hint}" if hint else ""]
        super().__init__("\n  ".join(part for part in parts if part))

    def __reduce__(self) -> tuple[type["TenbinError"], tuple[str, str, str, int]]:
        return type(self), (self.asked, self.found, self.hint, self.exit_code)

    @classmethod
    def from_stderr(cls, text: str, exit_code: int) -> "TenbinError":
        """Reads the error that ends what a command said on stderr."""
        usage = _USAGE.search(text.strip()) if exit_code == 64 else None
        if usage is not None:
            return cls("run tenbin", usage["found"].strip(), f"usage: {usage['usage'].strip()}", exit_code)
        at = text.rfind("error: ")
        match = _PARTS.match(text[at:].strip()) if at >= 0 else None
        if match is None:
            return cls("run tenbin", text.strip() or f"exit code {exit_code}, and no message", "", exit_code)
        part = {name: (value or "").strip() for name, value in match.groupdict().items()}
        return cls(part["asked"], part["found"], part["hint"], exit_code)


def binary() -> str:
    """The path of the tenbin that is run: ``$TENBIN``, the one of this wheel, or the one on the PATH."""
    named = os.environ.get("TENBIN")
    if named:
        return named
    packed = Path(__file__).parent / "native" / "bin" / "tenbin"
    if packed.exists():
        return str(packed)
    found = shutil.which("tenbin")
    if found is None:
        raise TenbinError(
            "find the tenbin binary",
            "no TENBIN in the environment, none in this package, none on the PATH",
            "install the wheel that `make wheel` builds, or set TENBIN to the binary",
            66,
        )
    return found


def flags(options: Mapping[str, Value]) -> list[str]:
    """Command line options from keyword arguments.

    ``group_size=128`` is ``--group-size=128``, ``desc_act=True`` is ``--desc-act``, ``sym=False`` is
    ``--no-sym``, a list repeats the option, None leaves it out.
    """
    arguments: list[str] = []
    for name, value in options.items():
        flag = "--" + name.rstrip("_").replace("_", "-")
        if value is None:
            continue
        if value is True:
            arguments.append(flag)
        elif value is False:
            arguments.append("--no-" + flag[2:])
        elif isinstance(value, (str, int, float, os.PathLike)):
            # One word, so that a value may begin with a dash.
            arguments.append(f"{flag}={os.fspath(value) if isinstance(value, os.PathLike) else value}")
        else:
            for item in value:
                arguments.append(f"{flag}={os.fspath(item) if isinstance(item, os.PathLike) else item}")
    return arguments


class _Bar:
    """Progress through tqdm where it is installed and wanted; through logging otherwise."""

    def __init__(self, wanted: bool, title: str) -> None:
        self._bar: Any = None
        if wanted:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                log.info("progress bars need tqdm: pip install 'tenbin[progress]'")
            else:
                self._bar = tqdm(total=100, desc=title, unit="%")

    def take(self, line: str) -> bool:
        """Whether the line was progress."""
        match = _PROGRESS.match(line)
        if match is None:
            return False
        if self._bar is not None:
            self._bar.update(max(0, int(match[1]) - int(self._bar.n)))
            self._bar.set_postfix_str(match[2], refresh=True)
        else:
            log.debug("%s", line.strip())
        return True

    def close(self, finished: bool) -> None:
        if self._bar is not None:
            if finished:
                self._bar.update(100 - int(self._bar.n))
            self._bar.close()


def run(
    *arguments: PathLike,
    options: Mapping[str, Value] | None = None,
    progress: bool = False,
    accept: Iterable[int] = (0,),
) -> str:
    """Runs ``tenbin`` with these arguments and returns its stdout.

    What it says on stderr goes to the logger ``tenbin``; its progress to tqdm where ``progress`` is
    true. Exit codes outside ``accept`` raise `TenbinError`. A KeyboardInterrupt reaches the command,
    which saves what it has done: the same call goes on from there.
    """
    command = [binary(), *(os.fspath(argument) for argument in arguments), *flags(options or {})]
    said: list[str] = []
    bar = _Bar(progress, " ".join(command[1:3]))
    finished = False
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            # One thread empties stdout, so that neither pipe fills while the other is read.
            result: list[str] = []
            reader = threading.Thread(target=lambda out: result.append(out.read()), args=(process.stdout,))
            reader.start()
            try:
                for line in process.stderr:
                    if not bar.take(line):
                        said.append(line)
                        log.info("%s", line.rstrip("\n"))
            except KeyboardInterrupt:
                process.send_signal(2)
                process.wait()
                raise
            code = process.wait()
            reader.join()
        finished = code in tuple(accept)
    finally:
        bar.close(finished)
    if not finished:
        raise TenbinError.from_stderr("".join(said), code)
    return result[0]


def run_json(
    *arguments: PathLike,
    options: Mapping[str, Value] | None = None,
    progress: bool = False,
    accept: Iterable[int] = (0,),
) -> Any:
    """As `run`, with ``--format json``, and its stdout parsed."""
    text = run(*arguments, "--format", "json", options=options, progress=progress, accept=accept)
    return json.loads(text)
