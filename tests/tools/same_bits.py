#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""same_bits.py PROGRAM [--all] [--jobs N] -- COMPILER OPTIONS...

Builds a program in several ways, runs each, and compares what they print line by line: `what: bits`. The same `what` must
have the same bits in every build, and `name steps backend: bits` the same bits for every backend.

The given compiler builds it for every backend; other builds, by whatever compilers are installed, differ in compiler,
optimisation, instruction set and in whether the compiler may contract a * b + c. A few of them run by default; --all runs
the matrix and the sanitizers. With Debian's emulator one build for any processor runs on processors with AVX2 alone and
with neither AVX2 nor AVX-512; with the cross compiler there is a build for AArch64 too.
"""
import argparse
import concurrent.futures
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

LIMITS = {"g++": ["-fconstexpr-ops-limit=4000000000", "-fconstexpr-loop-limit=100000000"],
          "clang++": ["-fconstexpr-steps=2000000000", "-fbracket-depth=4096"]}
# A build for any processor, on processors with AVX2 alone and with neither.
X86_64, PROCESSORS = "qemu-x86_64", ("Haswell", "Nehalem")
AARCH64, EMULATOR = "aarch64-linux-gnu-g++", ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
SANITIZERS = ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def compilers():
    found = {}
    for name in ("g++", "clang++-14", "clang++-19", "clang++"):
        path = shutil.which(name)
        if path and os.path.realpath(path) not in map(os.path.realpath, found.values()):
            found[name] = path
    return found


def processor_has(*flags):
    cpu = pathlib.Path("/proc/cpuinfo")
    words = cpu.read_text(encoding="utf-8").split() if cpu.exists() else []
    return all(flag in words for flag in flags)


def variants(everything):
    """Compiler and options of each build."""
    here = compilers()
    gnu = [name for name in here if name.startswith("g")]
    clang = [name for name in here if name.startswith("c")]
    targets = [[], ["-march=native"]]
    if processor_has("avx2", "fma"):
        targets.append(["-mavx2", "-mfma"])
    if everything:
        for name in here:
            for target in targets:
                for level in ("-O2", "-O3"):
                    yield name, [level, *target]
            yield name, SANITIZERS
            yield name, ["-O3", "-march=native", "-ffp-contract=fast"]
            yield name, ["-O1"]
        return
    for name in gnu:
        yield name, ["-O3", "-march=native", "-ffp-contract=fast"]
    for name in clang:
        yield name, ["-O2", *targets[-1]]


def aarch64_headers(folder):
    """An include option for xsimd, which is headers alone and so also this machine's."""
    os.symlink("/usr/include/xsimd", f"{folder}/xsimd")
    return f"-I{folder}"


def build_and_run(folder, number, command, program, options, runs):
    """What was wrong, and the lines that each run printed. A run is an emulator, or nothing, and arguments."""
    binary, printed = f"{folder}/{number}", []
    built = subprocess.run([*command, *options, program, "-o", binary, "-pthread"], capture_output=True, text=True)
    if built.returncode != 0:
        return f"does not build\n{built.stderr[-4000:]}", []
    for emulator, arguments in runs:
        run = subprocess.run([*emulator, binary, *arguments], capture_output=True, text=True)
        if run.returncode != 0:
            return f"{' '.join(emulator)} exit status {run.returncode}\n{run.stderr[-4000:]}", []
        printed += run.stdout.splitlines()
    pathlib.Path(binary).unlink()
    return "", printed


def main():
    separator = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(sys.argv[1:separator])
    command = sys.argv[separator + 1:]
    common = [word for word in command[1:] if not word.startswith(("-fconstexpr", "-fbracket"))]

    builds = [("every backend", command, ["-O2", "-DEVERY_BACKEND"])]
    for name, flags in variants(options.all):
        family = "g++" if name.startswith("g") else "clang++"
        builds.append((name, [name, *common, *LIMITS[family]], flags))
    arguments = [] if options.all else ["100", "20", "20", "2"]
    here, elsewhere = [([], arguments)], []
    if shutil.which(X86_64) and platform.machine() == "x86_64":
        few = ["0", "0", "0", arguments[3] if arguments else "3", "simd"]
        elsewhere = [([X86_64, "-cpu", processor], few) for processor in PROCESSORS]

    expected, failed = {}, False
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(build_and_run, folder, i, compiler, options.program, flags, here if i else here + elsewhere)
                for i, (_, compiler, flags) in enumerate(builds)]
        if all(map(shutil.which, (AARCH64, EMULATOR[0]))) and os.path.exists("/usr/include/xsimd"):
            compiler, flags = [AARCH64, *common, *LIMITS["g++"]], ["-O2", aarch64_headers(folder)]
            builds.append((AARCH64, compiler, flags))
            jobs.append(pool.submit(build_and_run, folder, len(jobs), compiler, options.program, flags, [(EMULATOR, arguments)]))
        for (name, _, flags), job in zip(builds, jobs):
            wrong, lines = job.result()
            for line in lines:
                what, bits = line.split(": ", 1)
                network, steps, _ = what.split(" ", 2)
                first = expected.setdefault((network, steps), (bits, f"{name} {' '.join(flags)}, {what}"))
                if bits != first[0]:
                    wrong += f"\n  {what}: {bits}\n  where {first[1]}: {first[0]}"
            if not wrong and not lines:
                wrong = "prints nothing"
            print(f"{name} {' '.join(flags)}: {wrong or 'the same'}", flush=True)
            failed |= bool(wrong)
    for (network, steps), (bits, _) in expected.items():
        print(f"{network} after {steps} steps: {bits}")
    sys.exit(failed)


main()
