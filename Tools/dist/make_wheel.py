#!/usr/bin/env python3
"""Packs the Python module and a relocatable tenbin into a wheel. Used by `make wheel`.

    make_wheel.py DIST_FOLDER     DIST_FOLDER/tenbin-VERSION-linux-ARCH/ in, DIST_FOLDER/tenbin-….whl out

The wheel is written by hand, as its format is a zip with three text files (PEP 427): pip needs no build
step, and the same tree gives the same bytes.
"""

import base64
import hashlib
import pathlib
import sys
import zipfile

dist = pathlib.Path(sys.argv[1])
package = pathlib.Path(__file__).resolve().parents[2] / "Python" / "tenbin"
(tree,) = [path for path in dist.glob("tenbin-*-linux-*") if path.is_dir()]
_, version, _, machine = tree.name.split("-", 3)
major, minor = (dist / "glibc").read_text().strip().split(".")
tag = f"py3-none-manylinux_{major}_{minor}_{machine}"
info = f"tenbin-{version}.dist-info"

METADATA = f"""Metadata-Version: 2.1
Name: tenbin
Version: {version}
Summary: A workbench for people who quantize language models with GPTQ
License: Apache-2.0
Requires-Python: >=3.9
Provides-Extra: pandas
Requires-Dist: pandas; extra == "pandas"
Provides-Extra: plots
Requires-Dist: pandas; extra == "plots"
Requires-Dist: matplotlib; extra == "plots"
Provides-Extra: progress
Requires-Dist: tqdm; extra == "progress"
Description-Content-Type: text/markdown

The tenbin binary and a thin typed module that runs it: calibration sets, one-pass GPTQ sweeps, checkpoints,
audits and diagnoses.
"""
WHEEL = f"Wheel-Version: 1.0\nGenerator: tenbin\nRoot-Is-Purelib: false\nTag: {tag}\n"
ENTRY_POINTS = "[console_scripts]\ntenbin = tenbin.__main__:main\n"

records = []


def add(archive: zipfile.ZipFile, name: str, data: bytes, executable: bool = False) -> None:
    entry = zipfile.ZipInfo(name)  # dated 1980-01-01
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data, compresslevel=9)
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    records.append(f"{name},sha256={digest},{len(data)}")


path = dist / f"tenbin-{version}-{tag}.whl"
with zipfile.ZipFile(path, "w") as archive:
    for file in sorted(package.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            add(archive, f"tenbin/{file.relative_to(package)}", file.read_bytes())
    for file in sorted(tree.rglob("*")):
        if file.is_file():
            relative = file.relative_to(tree)
            add(archive, f"tenbin/native/{relative}", file.read_bytes(), relative.parts[0] == "bin")
    for name, text in (("METADATA", METADATA), ("WHEEL", WHEEL), ("entry_points.txt", ENTRY_POINTS)):
        add(archive, f"{info}/{name}", text.encode())
    records.append(f"{info}/RECORD,,")
    archive.writestr(f"{info}/RECORD", "\n".join(records) + "\n")
print(f"{path}: {path.stat().st_size >> 20} MB")
