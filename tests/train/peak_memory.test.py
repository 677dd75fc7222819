# SPDX-License-Identifier: Apache-2.0
"""peak_memory.test.py PROGRAM

The whole process that trains an MLP 784-256-128-10 stays within 16 MB, and what it needs above a process that does
nothing is what its types say: parameters, two moments of each, the arena, one batch, and the pages of its code.
"""
import subprocess
import sys

LIMIT_KIB = 16 * 1024
CODE_KIB = 1024


def output_of(*arguments):
    return subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True, check=True).stdout.split()


nothing = int(output_of("nothing")[0])
training, stated, loss = output_of()
training, stated = int(training), int(stated) // 1024
if nothing == 0:
    print("skipped: this system does not say how much memory a process needed")
    sys.exit(77)
print(f"training {training} KiB, a process that does nothing {nothing} KiB, stated {stated} KiB, loss {loss}")
assert float(loss) < 0.5, loss
assert training <= LIMIT_KIB, training
assert training - nothing <= stated + CODE_KIB, (training, nothing, stated)
