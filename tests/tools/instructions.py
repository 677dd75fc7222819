#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""instructions.py PROGRAM COUNTS [--update] [--only NAME] [--jobs N] -- COMPILER OPTIONS...

Counts the instructions that a program's pieces of work execute, under valgrind, and compares them with the file
COUNTS. More than TOLERANCE above is a regression; more than that below is progress that the file should say.
--update writes the file (--only leaves its other lines).

The program is built for one instruction set, x86-64-v3, the widest that valgrind executes. valgrind shows every
processor with AVX2 as the same one, so the C library chooses the same copying functions everywhere, and the counts
are the same on every machine. They are compared only with those of the compiler and C library that COUNTS names.
`PROGRAM list` prints the names; `PROGRAM NAME` does one piece of work in the function count_NAME, which alone is
counted.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

TOLERANCE = 0.03
TARGET = ["-O3", "-DNDEBUG", "-march=x86-64-v3", "-mtune=generic"]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def toolchain(command):
    """Such as "g++ 12.2.0, glibc 2.36"."""
    text = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    name = "clang++" if "clang" in text else "g++"
    return f"{name} {re.findall(r'[0-9]+[.][0-9]+[.][0-9]+', text)[-1]}, {' '.join(platform.libc_ver())}"


def has_avx2():
    cpu = pathlib.Path("/proc/cpuinfo")
    return cpu.exists() and "avx2" in cpu.read_text(encoding="utf-8").split()


def collected(text):
    """The count in what callgrind prints last, or None."""
    found = re.search(r"Collected *: *([0-9]+)", text)
    return int(found.group(1)) if found else None


def count(binary, name):
    command = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        f"--toggle-collect=count_{name}*",
        binary,
        name,
    ]
    # Nothing in the environment may ask the C library for something else.
    run = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
    found = collected(run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"{' '.join(command)}: exit status {run.returncode}\n{run.stderr[-4000:]}")
    return found


def judge(name, found, stated):
    """One line of the report, and whether the count is within the tolerance."""
    if stated is None:
        return f"{name:16} {found:>13,}  not in the file", False
    ratio = found / stated
    verdict = "the same" if found == stated else f"{ratio - 1:+.2%}"
    within = abs(ratio - 1) <= TOLERANCE
    if not within:
        verdict += ", a regression" if ratio > 1 else ", progress: --update writes it down"
    return f"{name:16} {found:>13,}  {verdict}", within


def main():
    separator = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("counts", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(sys.argv[1:separator])
    command = sys.argv[separator + 1 :]

    stated = json.loads(options.counts.read_text(encoding="utf-8")) if options.counts.exists() else {"counts": {}}
    here = toolchain(command[0])
    if not has_avx2():
        skip("the counts are of x86-64-v3, and this processor has no AVX2")
    if not shutil.which("valgrind"):
        skip("there is no valgrind")
    if not options.update and here != stated.get("toolchain"):
        skip(f"the counts are of {stated.get('toolchain')}, this is {here}")

    with tempfile.TemporaryDirectory() as folder:
        binary = f"{folder}/program"
        subprocess.run([*command, *TARGET, options.program, "-o", binary, "-pthread"], check=True)
        names = subprocess.run([binary, "list"], capture_output=True, text=True, check=True).stdout.split()
        names = [name for name in names if options.only in (None, name)]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            found = dict(zip(names, pool.map(lambda name: count(binary, name), names)))

    if options.update:
        kept = stated["counts"] if options.only else {}
        text = json.dumps({"toolchain": here, "options": " ".join(TARGET), "counts": {**kept, **found}}, indent=2)
        options.counts.write_text(text + "\n", encoding="utf-8")
        print(f"{options.counts} is written")
    reports = [judge(name, number, stated["counts"].get(name)) for name, number in found.items()]
    print("\n".join(line for line, _ in reports))
    sys.exit(not options.update and not all(within for _, within in reports))


if __name__ == "__main__":
    main()
