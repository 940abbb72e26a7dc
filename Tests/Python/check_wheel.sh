#!/usr/bin/env bash
# Installs the wheel into a fresh virtual environment and tries it: mypy, then every function on the
# demo model. Needs Python 3.9 or later with venv, and a package index; used by `make check-wheel`.
#   check_wheel.sh WHEEL
set -euo pipefail
wheel=$(realpath "$1") here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet "$wheel[pandas,progress]" pytest mypy pandas-stubs types-tqdm
cd "$work"
unset TENBIN
"$work/env/bin/mypy" --strict -p tenbin
NOTEBOOKS_DATA="$here/../../notebooks-data" "$work/env/bin/pytest" -q -p no:cacheprovider "$here/test_tenbin.py"
