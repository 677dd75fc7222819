#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare tfx with other frameworks on work that is bound by memory and by the order in which elements are read.

usage: loops.py PROGRAM [--large] [--only NAME] [--rounds N] [--core N] [--frameworks NAME...]

PROGRAM is the built bench/peers/loops. It and each framework run in turn, pinned to one core, `--rounds` times; the minima
are compared. A ratio above 1: tfx is faster than the best of the others.
"""

import argparse
import json
import os
import subprocess
import sys
import time

FRAMEWORKS = ("jax", "torch", "torch-compile")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--large", action="store_true", help="2^26 elements in place of 2^20")
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--frameworks", nargs="*", choices=FRAMEWORKS, default=["jax", "torch"])
    parser.add_argument("--time", choices=FRAMEWORKS, help=argparse.SUPPRESS)   # this process times one of them
    return parser.parse_args()


ARGS = arguments()


def works():
    """Name, shape of the operand, and the work, of what `np` offers: numpy's functions of jax, or those of torch."""
    big = ARGS.large
    matrix = (8192, 8192) if big else (1024, 1024)
    box = (256, 512, 512) if big else (64, 128, 128)
    rows = (65536, 1024) if big else (4096, 256)
    half = matrix[1] // 2

    pixels = (256, 64, 64, 64) if big else (16, 32, 32, 64)
    colours = (64, 590, 590, 3) if big else (32, 104, 104, 3)
    planes = (256, 64, 64, 64) if big else (16, 64, 32, 32)

    def group_norm(f, x):
        y = x.reshape(x.shape[0], -1, 8, x.shape[3] // 8)
        centred = y - f.mean(y, (1, 3))
        return centred * (1 / f.sqrt(f.mean(centred * centred, (1, 3)) + 1e-5))

    def layer_norm(f, x):
        centred = x - f.mean(x, -1)
        return centred * (1 / f.sqrt(f.mean(centred * centred, -1) + 1e-5))

    return [
        ("scale", matrix, lambda f, x: x * 1.5),
        ("permute 0 2 1", box, lambda f, x: f.own(f.permute(x, (0, 2, 1)) * 1.5)),
        ("permute 2 1 0", box, lambda f, x: f.own(f.permute(x, (2, 1, 0)) * 1.5)),
        ("flip last", box, lambda f, x: f.flip(x, (2,)) * 1.5),
        ("flip first", box, lambda f, x: f.flip(x, (0,)) * 1.5),
        ("swap halves", matrix, lambda f, x: f.concatenate([x[:, half:], x[:, :half]], 1)),
        ("concatenate relu", matrix, lambda f, x: f.relu(f.concatenate([x + 1, x * 2], 0))),
        ("pad relu", (64, 1022, 1022) if big else (16, 254, 254), lambda f, x: f.relu(f.pad(x) + 1)),
        ("channels last", planes, lambda f, x: f.own(f.permute(x, (0, 2, 3, 1)) * 1.5)),
        ("channels first", pixels, lambda f, x: f.own(f.permute(x, (0, 3, 1, 2)) * 1.5)),
        ("every other", matrix, lambda f, x: f.own(x[:, ::2] * 1.5)),
        ("three of four", (16777216, 4) if big else (262144, 4), lambda f, x: x[:, :3] * 1.5),
        ("pad colours", colours, lambda f, x: f.pad_colours(x) * 1.5),
        ("mirror colours", colours, lambda f, x: f.flip(x, (2,)) * 1.5),
        ("crop colours", colours, lambda f, x: f.own(x[:, 4:-4, 4:-4, :] * 1.5)),
        ("stack three", (22369621, 1) if big else (349525, 1), lambda f, x: f.concatenate([x, x + 1, x * 2], 1)),
        ("centre colours", (22369621, 3) if big else (349525, 3), lambda f, x: x - f.mean(x, 0)),
        ("group norm", pixels, group_norm),
        ("excite", pixels, lambda f, x: x * f.mean(x, (1, 2))),
        ("centre axis 1", box, lambda f, x: x - f.mean(x, 1)),
        ("softmax axis 1", box, lambda f, x: f.softmax(x, 1)),
        ("softmax rows", rows, lambda f, x: f.softmax(x, -1)),
        ("layer norm", rows, layer_norm),
        ("sum of channels", planes, lambda f, x: f.sum(x, (0, 2, 3))),
    ]


def measure(name, call):
    call()
    call()
    best, end = 1e30, time.perf_counter() + 0.4
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    print(json.dumps({"framework": ARGS.time, "work": name, "us": round(best * 1e6, 2)}), flush=True)


def numbers(shape):
    import numpy as np

    return np.random.default_rng(0).random(shape, dtype=np.float32) - 0.5


def time_jax():
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp

    class functions:
        own = staticmethod(lambda x: x)
        permute, flip, concatenate, sqrt, sum = jnp.transpose, jnp.flip, jnp.concatenate, jnp.sqrt, jnp.sum
        relu, softmax = jax.nn.relu, jax.nn.softmax
        pad = staticmethod(lambda x: jnp.pad(x, ((0, 0), (1, 1), (1, 1))))
        pad_colours = staticmethod(lambda x: jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))))
        mean = staticmethod(lambda x, axes: jnp.mean(x, axes, keepdims=True))

    for name, shape, work in works():
        if ARGS.only in name:
            x = jnp.asarray(numbers(shape))
            call = jax.jit(lambda x, work=work: work(functions, x))
            measure(name, lambda: call(x).block_until_ready())


def time_torch():
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)

    class functions:
        own = torch.Tensor.contiguous
        permute, flip, concatenate, sqrt, sum = torch.permute, torch.flip, torch.cat, torch.sqrt, torch.sum
        relu, softmax = torch.relu, torch.softmax
        pad = staticmethod(lambda x: functional.pad(x, (1, 1, 1, 1)))
        pad_colours = staticmethod(lambda x: functional.pad(x, (0, 0, 1, 1, 1, 1)))
        mean = staticmethod(lambda x, axes: torch.mean(x, axes, keepdim=True))

    for name, shape, work in works():
        if ARGS.only in name:
            x = torch.from_numpy(numbers(shape))
            call = lambda x, work=work: work(functions, x)
            if ARGS.time == "torch-compile":
                call = torch.compile(call)
            with torch.inference_mode():
                measure(name, lambda: call(x))


# Results of the others are in memory of the last call's, not in pages that the system has to clear first.
KEPT_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(1 << 26)}


def compare():
    best = {}
    chosen = ["--only", ARGS.only] + (["--large"] if ARGS.large else [])
    for _ in range(ARGS.rounds):
        for framework in ["tfx", *ARGS.frameworks]:
            command = [ARGS.program] if framework == "tfx" else [sys.executable, __file__, ARGS.program, "--time", framework]
            pinned = ["taskset", "-c", str(ARGS.core), *command, *chosen]
            done = subprocess.run(pinned, capture_output=True, text=True, env={**os.environ, **KEPT_MEMORY})
            if done.returncode != 0:
                print(f"{framework}: {done.stderr.strip().splitlines()[-1:]}")
            for line in done.stdout.splitlines():
                found = json.loads(line)
                times = best.setdefault(found["work"], {})
                times[framework] = min(found["us"], times.get(framework, 1e30))
    print(f"{'us':18}" + "".join(f"{name:>15}" for name in ["tfx", *ARGS.frameworks]) + "   best of the others / tfx")
    for name, times in best.items():
        others = [times[f] for f in ARGS.frameworks if f in times]
        cells = "".join(f"{times[f]:15.1f}" if f in times else f"{'-':>15}" for f in ["tfx", *ARGS.frameworks])
        print(f"{name:18}{cells}" + (f"{min(others) / times['tfx']:12.2f}" if others and "tfx" in times else ""))


if ARGS.time:
    time_jax() if ARGS.time == "jax" else time_torch()
else:
    compare()
