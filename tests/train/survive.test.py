# SPDX-License-Identifier: Apache-2.0
"""survive.test.py PROGRAM [TRIALS [SEED]]

A training run that is killed at any moment, whose disk is full, fails to flush or tears what is written, and whose newest
checkpoint is damaged in between, ends with the weights of a run that nothing interrupted. Every trial is interrupted one to
four times.
"""
import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
KINDS = {"batch": 104, "call": 100, "torn": 100, "full": 100, "fsync": 100, "rename": 100}   # and the last moment of each


def run(folder, asynchronous, fault=""):
    words = [PROGRAM, folder] + (["asynchronous"] if asynchronous else [])
    return subprocess.run(words, env={**os.environ, "SURVIVE": fault}, capture_output=True, text=True)


def damage(folder, chance):
    """Of the newest checkpoint, if there is another one."""
    files = sorted(pathlib.Path(folder).glob("*.safetensors"), key=lambda path: int(path.stem))
    if len(files) < 2:
        return None
    newest, size = files[-1], files[-1].stat().st_size
    if chance.random() < 0.5:
        os.truncate(newest, chance.randrange(size))
        return "truncated"
    with open(newest, "r+b") as file:
        at = size - 1 - chance.randrange(size // 2)   # of the numbers
        file.seek(at)
        byte = file.read(1)[0] ^ 1 << chance.randrange(8)
        file.seek(at)
        file.write(bytes([byte]))
    return "flipped"


with tempfile.TemporaryDirectory() as folder:
    whole = run(folder, False)
assert whole.returncode == 0, whole.stderr
chance, seen, wrong = random.Random(SEED), collections.Counter(), 0
for trial in range(TRIALS):
    told, asynchronous = [], chance.random() < 0.5
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(chance.randint(1, 4)):
            kind = chance.choice(list(KINDS))
            fault = f"{kind} {chance.randint(1, KINDS[kind])}"
            ended = run(folder, asynchronous, fault)
            told.append(f"{fault}: {ended.returncode}")
            seen[kind + (" killed" if ended.returncode < 0 else " failed" if ended.returncode else " finished")] += 1
            if chance.random() < 0.3 and (how := damage(folder, chance)):
                told.append(how)
                seen[how] += 1
        last = run(folder, asynchronous)
        if (last.returncode, last.stdout) != (0, whole.stdout):
            wrong += 1
            print(f"trial {trial} ({', '.join(told)}): {last.stdout.strip() or last.stderr.strip()}, expected {whole.stdout.strip()}")
        left = [path.name for path in pathlib.Path(folder).iterdir() if not path.name.endswith(".safetensors")]
        if left:
            wrong += 1
            print(f"trial {trial} ({', '.join(told)}): left over: {left}")
print(f"{TRIALS - wrong} of {TRIALS} right; " + ", ".join(f"{name} {count}" for name, count in sorted(seen.items())))
assert wrong == 0
assert sum(count for name, count in seen.items() if name.endswith("killed")) > TRIALS // 4, seen
