#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""text_size.py PROGRAM... -- COMPILER OPTIONS...

Builds each program and compares the bytes of its machine code (the section .text) with the budget in its head:

    // budget: native=300000 any=300000

native   compiled for this machine's processor
any      compiled for every processor of this kind, with several versions of the heavy kernels

The largest functions are printed too. A kernel must be one function: a part of it that the compiler left a function of its
own is called for every vector, so any such part is a failure.
"""

import re
import subprocess
import sys
import tempfile

from markers import words

TARGETS = {"native": ["-march=native"], "any": []}
PARTS_OF_KERNELS = re.compile(r"tfx::(?:kernel|tile_body|tile_operands|map_tile|row_tile|column_tile)<")


def text_of(binary):
    for line in subprocess.run(["size", "-A", binary], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.startswith(".text "):
            return int(line.split()[1])
    sys.exit(f"{binary} has no section .text")


def functions(binary):
    """Size and name of each function, the largest first."""
    command = ["nm", "-C", "--print-size", "--size-sort", "--reverse-sort", binary]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    symbols = [line.split(" ", 3) for line in lines]
    return [(int(size, 16), name) for _, size, kind, name in symbols if kind in "tTwW"]


def is_part_of_kernel(name):
    """Whether it is a function of one of these templates, not one that only has them as arguments."""
    start = PARTS_OF_KERNELS.search(name)
    return start is not None and name[: start.start()].count("<") <= name[: start.start()].count(">")


def main():
    separator = sys.argv.index("--")
    programs, command = sys.argv[1:separator], sys.argv[separator + 1 :]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            budget = dict(word.split("=") for word in words(program, "budget"))
            for target, options in TARGETS.items():
                binary = f"{folder}/{target}"
                subprocess.run([*command, *options, program, "-o", binary, "-pthread"], check=True)
                found, allowed = text_of(binary), int(budget[target])
                failed |= found > allowed
                print(
                    f"{program}, {target}: {found:,} bytes of {allowed:,}{', TOO MUCH' if found > allowed else ''}",
                    flush=True,
                )
                found_functions = functions(binary)
                for size, name in found_functions[:5]:
                    print(f"    {size:8,}  {name[:150]}")
                parts = [name for _, name in found_functions if is_part_of_kernel(name)]
                failed |= bool(parts)
                if parts:
                    print(f"{len(parts)} PARTS OF KERNELS ARE FUNCTIONS OF THEIR OWN, such as\n    {parts[0][:150]}")
    sys.exit(failed)


main()
