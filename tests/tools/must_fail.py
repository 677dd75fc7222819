#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""must_fail.py FILE.fail.cpp -- COMPILER OPTIONS...

A mistake must be refused with one short error. The file's head says how many there are, and may say what must be read:

    // cases: 2
    // case 1: matmul expects inner extents that agree
    // case 2: ...

Case 0 (-DCASE=0) must compile, so that the file cannot fail for a wrong reason. Every other case must make the compiler
fail with exactly one "error:", name the file, and print at most 15 lines (30 with clang). The words of "case N" must all
stand in the line with the error, in that order; the pieces into which a compiler cuts a sentence are put together first.
"""
import os
import re
import subprocess
import sys

from markers import marker


def said_in(text):
    """A sentence is printed as pieces, text<9>{"add expects"}, text<5>{"[2, 3]"}, or as letters, 'a', 'd', 'd'."""
    letters = re.findall(r"'(\\?.)'(?=[,>])", text)
    pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return " ".join(("".join(letters) if len(letters) > 8 else " ".join(pieces)).replace("\\", "").split())


def complaints(output, status, name, limit, expected):
    lines = output.splitlines()
    errors = [line for line in lines if re.search(r"\berror:", line)]
    if status == 0:
        yield "it compiles"
    if len(errors) != 1:
        yield f"{len(errors)} errors instead of one"
    if name not in output:
        yield f"{name} is not named"
    if len(lines) > limit:
        yield f"{len(lines)} lines, the limit is {limit}"
    if errors and expected and expected not in said_in(errors[0]) and expected not in errors[0]:
        yield f"the error does not say: {expected}"


def main():
    separator = sys.argv.index("--")
    source, command = sys.argv[1], sys.argv[separator + 1:]
    version = subprocess.run([command[0], "--version"], capture_output=True, text=True).stdout
    limit = 30 if "clang" in version else 15
    failed = False
    for case in range(int(marker(source, "cases")) + 1):
        run = subprocess.run([*command, "-fsyntax-only", "-fno-diagnostics-color", f"-DCASE={case}", source],
                             capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        output = run.stdout + run.stderr
        if case == 0:
            found = ["it does not compile"] if run.returncode else []
        else:
            found = list(complaints(output, run.returncode, os.path.basename(source), limit, marker(source, f"case {case}")))
        print(f"case {case}: {'; '.join(found) or 'ok'} ({len(output.splitlines())} lines)")
        if found:
            failed = True
            print(output)
    sys.exit(failed)


main()
