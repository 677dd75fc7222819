#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare pipelines with tf.data and PyTorch's DataLoader: the same elements in the same batches, nothing done with them.

usage: pipelines.py PROGRAM [--megabytes N] [--rounds N] [--only WORK]

PROGRAM is the built bench/data/pipelines. It and the peers run in turn, `--rounds` times; the minima are compared. Each peer runs in
the ways that its documents recommend, and the fastest counts. A ratio above 1: tfx is faster than the faster of the two.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("program")
parser.add_argument("--megabytes", type=int, default=100)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--only", default="")
parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)   # this process times one: framework, work, folder
ARGS = parser.parse_args()


def passes(ways):
    """Each way is a function that makes something to walk through; the second pass counts, warmed up."""
    best = {}
    for name, make in ways.items():
        batches = make()
        for warm in (False, True):
            start, examples = time.perf_counter(), 0
            for x, *_ in batches:
                examples += len(x)
            best[name] = time.perf_counter() - start
    print(json.dumps({"seconds": min(best.values()), "way": min(best, key=best.get), "examples": examples}))


def tensorflow(work, folder):
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    import numpy
    import tensorflow as tf
    auto = tf.data.AUTOTUNE
    if work == "memory":
        x, y = numpy.zeros((60000, 784), numpy.uint8), numpy.zeros(60000, numpy.uint8)
        data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(10000).batch(64)
        passes({"plain": lambda: data, "prefetch": lambda: data.prefetch(auto)})
    elif work == "csv":
        path, types = f"{folder}/table.csv", [tf.float32] * 10 + [tf.int32]
        lines = tf.data.TextLineDataset(path).skip(1).batch(256)
        parse = lambda text: tf.io.decode_csv(text, [[0.0]] * 10 + [[0]])
        passes({"CsvDataset": lambda: tf.data.experimental.CsvDataset(path, types, header=True).batch(256).prefetch(auto),
                "decode_csv": lambda: lines.map(parse, num_parallel_calls=auto).prefetch(auto)})
    elif work == "tfrecord":
        spec = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}

        def parse(records):
            found = tf.io.parse_example(records, spec)
            return tf.io.decode_raw(found["image"], tf.uint8), found["label"]
        data = tf.data.TFRecordDataset(f"{folder}/images.tfrecord").batch(256)
        passes({"map": lambda: data.map(parse, num_parallel_calls=auto).prefetch(auto), "serial": lambda: data.map(parse).prefetch(auto)})


def torch(work, folder):
    import csv
    import torch
    from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, TensorDataset

    class Rows(IterableDataset):
        def __iter__(self):
            with open(f"{folder}/table.csv") as file:
                rows = csv.reader(file)
                next(rows)
                for row in rows:
                    yield torch.tensor([float(x) for x in row[:10]]), int(row[10])
    if work == "memory":
        data = TensorDataset(torch.zeros(60000, 784, dtype=torch.uint8), torch.zeros(60000, dtype=torch.uint8))
        by_index = BatchSampler(RandomSampler(data), 64, False)
        passes({"shuffle": lambda: DataLoader(data, 64, shuffle=True), "batch indices": lambda: DataLoader(data, sampler=by_index, batch_size=None)})
    elif work == "csv":
        passes({"csv": lambda: DataLoader(Rows(), 256), "worker": lambda: DataLoader(Rows(), 256, num_workers=1)})


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


if ARGS.peer:
    {"tf.data": tensorflow, "DataLoader": torch}[ARGS.peer[0]](*ARGS.peer[1:])
    sys.exit()
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([ARGS.program, "make", folder, str(ARGS.megabytes)], check=True)
    slow = run([ARGS.program, "slow", folder])
    print(f"slow      source 5 ms, step 5 ms: {1000 * slow['seconds'] / slow['examples']:.2f} ms an element, {slow['seconds'] / slow['examples'] / 0.005:.2f} of the longer")
    for work, peers in {"memory": ["tf.data", "DataLoader"], "csv": ["tf.data", "DataLoader"], "tfrecord": ["tf.data"]}.items():
        if ARGS.only not in work:
            continue
        best = {}
        for _ in range(ARGS.rounds):
            for name in ["tfx", *peers]:
                if name == "DataLoader" and work == "csv" and name in best:
                    continue   # minutes
                command = [ARGS.program, work, folder] if name == "tfx" else [sys.executable, __file__, ARGS.program, "--peer", name, work, folder]
                found = run(command)
                if name not in best or found["seconds"] < best[name]["seconds"]:
                    best[name] = found
        assert len({b["examples"] for b in best.values()}) == 1, best
        ours = best.pop("tfx")
        others = ", ".join(f"{name} {b['seconds']:.3f} ({b['way']})" for name, b in best.items())
        print(f"{work:9} tfx {ours['seconds']:.3f} s, {others}: {min(b['seconds'] for b in best.values()) / ours['seconds']:.1f}", flush=True)
