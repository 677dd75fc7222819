#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fit.py [--threads N]

What a Keras user types: one epoch of `fit` over 60,000 rows in memory, the network 784-256-128-10, batch 64, Adam,
accuracy, shuffled, after an epoch that warms up. fit.cpp is the same in tfx.
"""

import argparse
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=1)
threads = parser.parse_args().threads
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
layers = tf.keras.layers
model = tf.keras.Sequential(
    [tf.keras.Input((784,)), layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(10)]
)
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
random = np.random.default_rng(0)
images = random.standard_normal((60000, 784)).astype(np.float32)
labels = random.integers(0, 10, 60000).astype(np.uint8)
model.fit(images, labels, batch_size=64, verbose=0)
start = time.perf_counter()
model.fit(images, labels, batch_size=64, verbose=0)
print(
    json.dumps(
        {
            "framework": "tensorflow",
            "threads": threads,
            "work": "mlp-fit-60000",
            "us": round((time.perf_counter() - start) * 1e6),
        }
    )
)
