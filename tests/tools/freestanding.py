#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""freestanding.py SOURCE_DIR

Compiles the headers of the core for a microcontroller: no operating system, no exceptions, no RTTI. Headers that
say "// hosted: why" in their head are left out. Skipped where there is no arm-none-eabi-g++.
"""
import pathlib
import shutil
import subprocess
import sys

from markers import marker

COMPILER = "arm-none-eabi-g++"
OPTIONS = ["-std=c++20", "-mcpu=cortex-m4", "-mthumb", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra",
           "-Werror", "-fsyntax-only", "-x", "c++", "-"]
ROOMS = ["core", "init", "graph", "expr", "ops", "autodiff", "nn", "loss", "optim", "metrics", "compile", "lanes",
         "backend/reference", "embedded"]

if shutil.which(COMPILER) is None:
    print(f"skipped: no {COMPILER} (Debian, Ubuntu: gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib)")
    sys.exit(77)
include = pathlib.Path(sys.argv[1]) / "include"
headers = [header for room in ROOMS for header in sorted((include / "tfx" / room).rglob("*.hpp")) if marker(header, "hosted") is None]
# Together: that each compiles alone is a test of its own, and of 200 compilations nearly all would be spent on the same headers.
text = "".join(f"#include <{header.relative_to(include).as_posix()}>\n" for header in headers)
run = subprocess.run([COMPILER, f"-I{include}", *OPTIONS], input=text, capture_output=True, text=True)
print(run.stderr)
print(f"{len(headers)} headers: {'compiled' if run.returncode == 0 else 'one does not compile'}")
sys.exit(run.returncode != 0 or not headers)
