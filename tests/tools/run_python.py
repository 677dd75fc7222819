#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_python.py --environment FOLDER SCRIPT ARGUMENTS...

Runs a .test.py file with the Python of an environment. Its head says what it imports, "# packages: numpy safetensors";
where that cannot be imported the test is skipped. A script that says nothing needs Python alone.
"""
import pathlib
import re
import subprocess
import sys

python, script = f"{sys.argv[2]}/bin/python", sys.argv[3]
found = re.search(r"^# packages: *(.*)$", pathlib.Path(script).read_text(encoding="utf-8"), re.MULTILINE)
if not found:
    python = sys.executable
if not pathlib.Path(python).exists():
    print(f"skipped: there is no {python}; ./check makes it")
    sys.exit(77)
for package in found.group(1).split() if found else []:
    if subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode != 0:
        print(f"skipped: the Python package {package} is missing; see {sys.argv[2]}/pip.log")
        sys.exit(77)
sys.exit(subprocess.run([python, "-B", *sys.argv[3:]]).returncode)
