#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_twin.py SOURCE --program PATH     beside its twin, twins/NAME.py, which does the same in Keras or PyTorch

Each runs with the seeds 1, 2 and 3 as its argument; the last line of what it prints is "name number". The means of the three
may differ by what the numbers of each scatter, or by the tolerance in the twin's head, "# tolerance: ...". The example may
have at most twice its twin's lines of code. Exits with 77 where the twin's packages are not there.
"""
import importlib.util
import os
import pathlib
import re
import statistics
import subprocess
import sys

SEEDS = ("1", "2", "3")
ALONE = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}   # beside other tests


def lines_of_code(path, comment):
    text = path.read_text(encoding="utf-8")
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith(comment))


def results(command):
    """Name and number of the last line, for each seed."""
    names, numbers = set(), []
    for seed in SEEDS:
        run = subprocess.run([*command, seed], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={**os.environ, **ALONE})
        if run.returncode != 0:
            sys.exit(f"{command[-1]} exits with {run.returncode}\n{run.stdout}{run.stderr}")
        found = re.fullmatch(r"(\w[\w ]*?) (-?[\d.]+)", run.stdout.splitlines()[-1])
        if not found:
            sys.exit(f"{command[-1]}: the last line is no name and number: {run.stdout.splitlines()[-1]}")
        names.add(found[1])
        numbers.append(float(found[2]))
    return names, numbers


def main():
    source, program = pathlib.Path(sys.argv[1]), sys.argv[3]
    twin = source.parent / "twins" / f"{source.stem}.py"
    text = twin.read_text(encoding="utf-8")
    ours, theirs = lines_of_code(source, "//"), lines_of_code(twin, "#")
    print(f"lines of code: {ours}, of the twin {theirs}")
    if ours > 2 * theirs:
        sys.exit(f"{source.name} has more than twice the lines of {twin.name}")
    packages = re.findall(r"^(?:import|from) (keras|torch|safetensors)\b", text, re.MULTILINE)
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: there is no Python package {', '.join(missing)}")
        sys.exit(77)
    ours, theirs = results([program]), results([sys.executable, str(twin)])
    tolerance = float(re.search(r"^# tolerance: ([\d.]+)", text, re.MULTILINE)[1])
    print(f"{', '.join(ours[0])}: {ours[1]}, of the twin {theirs[1]}")
    if ours[0] != theirs[0]:
        sys.exit(f"the twin calls it {', '.join(theirs[0])}")
    scatter = max(max(n) - min(n) for n in (ours[1], theirs[1]))
    difference = abs(statistics.mean(ours[1]) - statistics.mean(theirs[1]))
    if difference > max(scatter, tolerance):
        sys.exit(f"the means differ by {difference:.4g}, the numbers of each by {scatter:.4g}")


main()
