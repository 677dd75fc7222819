#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_example.py SOURCE --program PATH         runs a program that is already built
run_example.py SOURCE -- COMPILER OPTIONS...    compiles the source first, with nothing but these options

The head of the source may hold "// arguments: ..." (what the test passes) and "// libraries: z" (what to link). If
SOURCE's neighbour NAME.txt exists, the program must print exactly that, where "..." stands for anything within a line
(for times and speeds). A program that exits with 77 is skipped; it says why.
"""
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

from markers import words


def with_dots(expected, found):
    """The printed lines, where those that match an expected line with "..." are replaced by it."""
    patterns = [re.compile(re.escape(line).replace(re.escape("..."), ".*")) for line in expected]
    return [want if pattern.fullmatch(line) else line for want, pattern, line in zip(expected, patterns, found)] + \
        found[len(expected):]


def main():
    source = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[2] == "--program":
            program = sys.argv[3]
        else:
            program = f"{folder}/{source.stem}"
            libraries = [f"-l{name}" for name in words(source, "libraries")]
            command = [*sys.argv[3:], str(source), "-o", program, *libraries]
            print(" ".join(command), flush=True)
            if subprocess.run(command).returncode != 0:
                sys.exit("it does not compile")
        run = subprocess.run([program, *words(source, "arguments")], stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        print(run.stdout)
        print(f"exit status {run.returncode}")
        sys.exit(run.returncode if run.returncode == 77 else 1)
    reference = source.with_suffix(".txt")
    if not reference.exists():
        print(run.stdout)
        return
    expected, found = reference.read_text(encoding="utf-8").splitlines(), run.stdout.splitlines()
    found = with_dots(expected, found)
    if found != expected:
        print("\n".join(difflib.unified_diff(expected, found, str(reference), "printed", lineterm="")))
        sys.exit(1)


main()
