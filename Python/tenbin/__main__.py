"""`tenbin` on the PATH, and `python -m tenbin`: the binary itself takes the process over."""

import os
import sys

from ._command import binary


def main() -> None:
    """Becomes the binary, with the same arguments, signals and exit code."""
    path = binary()
    os.execv(path, [path, *sys.argv[1:]])


if __name__ == "__main__":
    main()
