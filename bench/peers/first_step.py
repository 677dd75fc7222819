#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""first_step.py tensorflow|tensorflow-xla|torch|torch-compile|jax

One training step of the network 784-256-128-10 (batch 64, Adam) in a new process, as a user of the framework writes it;
first_step.cpp is the same in tfx. What is measured is the life of the process. Prints the loss and, last, the largest
resident memory in KiB.
"""

import sys

import numpy as np

FRAMEWORK = sys.argv[1]
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((64, 784)).astype(np.float32)
LABELS = np.arange(64) % 10


def tensorflow():
    import tensorflow as tf

    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [tf.keras.Input((784,)), layers.Dense(256, "relu"), layers.Dense(128, "relu"), layers.Dense(10)]
    )
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=FRAMEWORK.endswith("xla"))
    def step(x, y):
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        optimizer.apply_gradients(zip(tape.gradient(value, model.trainable_variables), model.trainable_variables))
        return value

    return float(step(tf.constant(IMAGES), tf.constant(LABELS)))


def torch():
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    forward = torch.compile(model) if FRAMEWORK.endswith("compile") else model
    loss = nn.functional.cross_entropy(forward(torch.from_numpy(IMAGES)), torch.from_numpy(LABELS))
    loss.backward()
    optimizer.step()
    return loss.item()


def jax():
    import jax
    import jax.numpy as jnp

    weights = [
        (jnp.asarray(RANDOM.standard_normal((i, o)).astype(np.float32) * i**-0.5), jnp.zeros(o))
        for i, o in ((784, 256), (256, 128), (128, 10))
    ]

    def loss(p, x, y):
        for w, b in p[:-1]:
            x = jax.nn.relu(x @ w + b)
        logits = x @ p[-1][0] + p[-1][1]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    @jax.jit
    def step(p, m, v, x, y):
        value, g = jax.value_and_grad(loss)(p, x, y)
        each = jax.tree_util.tree_map
        m = each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        return each(lambda p, m, v: p - 1e-3 * (m / 0.1) / (jnp.sqrt(v / 0.001) + 1e-8), p, m, v), m, v, value

    zeros = jax.tree_util.tree_map(jnp.zeros_like, weights)
    return float(step(weights, zeros, zeros, jnp.asarray(IMAGES), jnp.asarray(LABELS))[3])


def peak_kib():
    """Of this program alone; what `getrusage` says starts with the process that started it."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


print({"tensorflow": tensorflow, "torch": torch, "jax": jax}[FRAMEWORK.split("-")[0]]())
print(peak_kib())
