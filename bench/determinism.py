#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""determinism.py [--rounds N] [--through COMMAND] [--core N] [--only TEXT] [--compiler COMPILER]

What the same bits everywhere cost: builds bench/peers/tfx_peers.cpp twice, as it is, and from a copy of the headers in
which nothing keeps a compiler from contracting and reordering, with -ffast-math (but without estimates of reciprocals).
Runs both in turn and prints, for each piece of work, how much longer the first takes.
"""

import argparse
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
import table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPTIONS = [
    "-std=c++20",
    "-O3",
    "-DNDEBUG",
    "-march=native",
    "-pthread",
    "-fconstexpr-ops-limit=4000000000",
    "-fconstexpr-loop-limit=100000000",
]
# Contraction and any order of sums, but divisions and square roots that are still exact to the last bit.
RELAXED = ["-ffp-contract=fast", "-ffast-math", *(["-mno-recip"] if platform.machine() == "x86_64" else [])]
# What keeps a product from being contracted with a following sum, per header; each stands there once.
BARRIERS = {"tfx/backend/simd/lanes.hpp": ['asm("" : "+v"(p.data));', 'asm("" : "+w"(p.data));']}


def relaxed_headers(folder):
    """A copy of include/ without barriers."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "include", folder)
    for header, barriers in BARRIERS.items():
        text = (folder / header).read_text(encoding="utf-8")
        for barrier in barriers:
            if text.count(barrier) != 1:
                sys.exit(f"{header} does not contain once: {barrier}")
            text = text.replace(barrier, "")
        (folder / header).write_text(text, encoding="utf-8")
    return folder


def build(compiler, include, options, binary):
    subprocess.run(
        [compiler, *OPTIONS, *options, f"-I{include}", str(ROOT / "bench/peers/tfx_peers.cpp"), "-o", str(binary)],
        check=True,
    )
    return str(binary)


def times_of(binary, prefix, only):
    """{work: microseconds}"""
    done = subprocess.run([*prefix, binary, "--only", only], capture_output=True, text=True, check=True)
    return {line["work"]: line["us"] for line in table.results_in(done.stdout) if "rss" not in line["work"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--through", default="", metavar="COMMAND")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--compiler", default="g++")
    options = parser.parse_args()
    folder = ROOT / "build/determinism"
    folder.mkdir(parents=True, exist_ok=True)
    exact = build(options.compiler, ROOT / "include", ["-ffp-contract=off"], folder / "exact")
    relaxed = build(options.compiler, relaxed_headers(folder / "include"), RELAXED, folder / "relaxed")
    prefix = [*shlex.split(options.through), "taskset", "-c", str(options.core)]
    best = {exact: {}, relaxed: {}}
    for _ in range(options.rounds):
        for binary, times in best.items():
            for work, us in times_of(binary, prefix, options.only).items():
                times[work] = min(us, times.get(work, us))
    print("| work | as it is | relaxed | cost |\n|---|---|---|---|")
    for work, us in best[exact].items():
        other = best[relaxed][work]
        print(f"| {work} | {us:.1f} us | {other:.1f} us | {us / other - 1:+.1%} |")


if __name__ == "__main__":
    main()
