#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""text_size.py PROGRAM... -- COMPILER OPTIONS...

Builds each program and compares the bytes of its machine code (the section .text) with the budget in its head:

    // budget: native=300000 any=300000

native   compiled for this machine's processor
any      compiled for every processor of this kind, with several versions of the heavy kernels

The largest functions are printed too.
"""

import subprocess
import sys
import tempfile

from markers import words

TARGETS = {"native": ["-march=native"], "any": []}


def text_of(binary):
    for line in subprocess.run(["size", "-A", binary], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.startswith(".text "):
            return int(line.split()[1])
    sys.exit(f"{binary} has no section .text")


def largest(binary, count=5):
    """Lines that name the largest functions."""
    text = subprocess.run(
        ["nm", "-C", "--print-size", "--size-sort", "--reverse-sort", binary],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in text.splitlines()[:count]:
        _, size, _, name = line.split(" ", 3)
        yield f"    {int(size, 16):8,}  {name[:150]}"


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
                print("\n".join(largest(binary)))
    sys.exit(failed)


main()
