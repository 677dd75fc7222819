#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""freestanding.py SOURCE_DIR

Compiles each header of the core alone for a microcontroller: no operating system, no exceptions, no RTTI. Headers that
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
failed = compiled = 0
for room in ROOMS:
    for header in sorted((include / "tfx" / room).rglob("*.hpp")):
        if marker(header, "hosted") is not None:
            continue
        compiled += 1
        text = f"#include <{header.relative_to(include).as_posix()}>\n"
        run = subprocess.run([COMPILER, f"-I{include}", *OPTIONS], input=text, capture_output=True, text=True)
        if run.returncode != 0:
            failed += 1
            print(run.stderr)
print(f"{compiled} headers, {failed} do not compile")
sys.exit(failed > 0)
