#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time pieces of work in TensorFlow, PyTorch, JAX, ONNX Runtime and LiteRT; tfx_peers times the same ones in tfx.

usage: peers.py FRAMEWORK [--threads N] [--only NAME]

FRAMEWORK: tensorflow, tensorflow-xla, torch, torch-compile, jax, onnxruntime, litert. Each result is one JSON object
on a line. Run it pinned, in the same minute as what it is compared with:

    taskset -c 0   python3 peers.py torch --threads 1
    taskset -c 0,1 python3 peers.py torch --threads 2

Packages: numpy, and of tensorflow-cpu, torch, jax, onnx with onnxruntime, ai-edge-litert (with tensorflow-cpu) those
that are timed.

A time is the minimum over 8 repeats of the mean microseconds per call, float32; `first_us` is that of the first call.

    mlp    784-256-128-10, relu
    cnn    28x28x1, conv 3x3x32 relu, max pool 2, conv 3x3x64 relu, max pool 2, dense 128 relu, dense 10; no padding
    enc    one pre-norm transformer encoder block: 256 features, 4 heads, hidden 1024 (gelu with tanh), 128 positions
    lstm   one LSTM of 100 units over 50 steps of 40 features, its last state; lstm2: two, one after the other
    chain  sum(tanh(a * b + c) * sigmoid(d - a) + relu(b * c - d)), a to d of 2^20 numbers
    embed  2048 rows of a table of 20,000 x 64, taken and halved; training them towards given numbers, with SGD too

Training steps are forward, loss, backward, and Adam at 1e-3. The loss is softmax cross-entropy, mean over the batch;
those of `enc` and `lstm` are the mean squared error to given numbers.
"""

import argparse
import functools
import json
import os
import resource
import sys
import time

FRAMEWORKS = ("tensorflow", "tensorflow-xla", "torch", "torch-compile", "jax", "onnxruntime", "litert")
BATCH, SEQUENCES = 64, 8
POSITIONS, FEATURES, HEADS, HIDDEN = 128, 256, 4, 1024
MLP_SHAPE, CNN_SHAPE, ENC_SHAPE = (784,), (28, 28, 1), (POSITIONS, FEATURES)
LSTM_SHAPE, UNITS, LSTM_BATCH = (50, 40), 100, 32
CHAIN_SIZE = 1 << 20
WORDS, WORD_SIZE, TOKENS = 20000, 64, 2048
RATE = 1e-3


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", metavar="NAME")
    return parser.parse_args()


ARGS = arguments()
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(ARGS.threads)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np  # noqa: E402: it reads the variables

RANDOM = np.random.default_rng(0)


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def labels(count):
    return RANDOM.integers(0, 10, count).astype(np.int64)


def tokens():
    return RANDOM.integers(0, WORDS, TOKENS).astype(np.int32)


def emit(work, microseconds, **more):
    line = {"framework": ARGS.framework, "threads": ARGS.threads, "work": work, "us": round(microseconds, 2), **more}
    print(json.dumps(line), flush=True)


def seconds(f, count=1):
    """The mean time of a call."""
    start = time.perf_counter()
    for _ in range(count):
        f()
    return (time.perf_counter() - start) / count


def measure(work, f, budget=2.0, repeats=8):
    if ARGS.only not in work:
        return
    first = seconds(f)
    seconds(f, 3)
    count = max(1, min(2000, int(budget / repeats / max(seconds(f), 1e-7))))
    best = min(seconds(f, count) for _ in range(repeats))
    emit(work, best * 1e6, first_us=round(first * 1e6, 1))


class Importing:
    """Emits how long the imports in its block take."""

    def __enter__(self):
        self.start = time.perf_counter()

    def __exit__(self, *_):
        emit("import", (time.perf_counter() - self.start) * 1e6)


def keras_mlp(keras):
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input(MLP_SHAPE), dense(256, "relu"), dense(128, "relu"), dense(10)])


def keras_cnn(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(CNN_SHAPE),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, "relu"),
            layers.Dense(10),
        ]
    )


def keras_encoder(keras):
    layers = keras.layers
    x = first = keras.Input(ENC_SHAPE)
    h = layers.LayerNormalization(epsilon=1e-5)(x)
    x = x + layers.MultiHeadAttention(HEADS, FEATURES // HEADS)(h, h)
    h = layers.Dense(HIDDEN)(layers.LayerNormalization(epsilon=1e-5)(x))
    return keras.Model(first, x + layers.Dense(FEATURES)(keras.activations.gelu(h, approximate=True)))


def keras_lstm(keras, count):
    layers = [keras.layers.LSTM(UNITS, return_sequences=True) for _ in range(count - 1)]
    return keras.Sequential([keras.Input(LSTM_SHAPE), *layers, keras.layers.LSTM(UNITS)])


def tensorflow(compiled):
    with Importing():
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(ARGS.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras = tf.keras

    def network(name, model, shape, batches, loss, target):
        forward = tf.function(lambda x: model(x, training=False), jit_compile=compiled)
        for batch in batches:
            x = tf.constant(numbers(batch, *shape))
            measure(f"{name}-infer-b{batch}", lambda: forward(x).numpy())
        optimizer = keras.optimizers.Adam(RATE)
        optimizer.build(model.trainable_variables)
        x, y = tf.constant(numbers(batches[-1], *shape)), tf.constant(target)

        @tf.function(jit_compile=compiled)
        def step(x, y):
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True))
            weights = model.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(value, weights), weights))
            return value

        measure(f"{name}-train-b{batches[-1]}", lambda: step(x, y).numpy())

    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network("mlp", keras_mlp(keras), MLP_SHAPE, (1, BATCH), cross_entropy, labels(BATCH))
    network("cnn", keras_cnn(keras), CNN_SHAPE, (1, BATCH), cross_entropy, labels(BATCH))
    network(
        "enc",
        keras_encoder(keras),
        ENC_SHAPE,
        (1, SEQUENCES),
        lambda y, out: tf.reduce_mean(tf.square(out - y)),
        numbers(SEQUENCES, *ENC_SHAPE),
    )
    for name, count in (("lstm", 1), ("lstm2", 2)):
        network(
            name,
            keras_lstm(keras, count),
            LSTM_SHAPE,
            (1, LSTM_BATCH),
            lambda y, out: tf.reduce_mean(tf.square(out - y)),
            numbers(LSTM_BATCH, UNITS),
        )

    def chain(a, b, c, d):
        return tf.reduce_sum(tf.tanh(a * b + c) * tf.sigmoid(d - a) + tf.nn.relu(b * c - d))

    chain = tf.function(chain, jit_compile=compiled)
    operands = [tf.constant(numbers(CHAIN_SIZE)) for _ in range(4)]
    measure("chain", lambda: chain(*operands).numpy())

    table, ids = tf.Variable(numbers(WORDS, WORD_SIZE)), tf.constant(tokens())
    target = tf.constant(numbers(TOKENS, WORD_SIZE))
    halved = tf.function(lambda ids: tf.gather(table, ids) * 0.5, jit_compile=compiled)
    measure("embed-gather", lambda: halved(ids).numpy())
    for name, optimizer in (("sgd", keras.optimizers.SGD(RATE)), ("adam", keras.optimizers.Adam(RATE))):
        optimizer.build([table])

        @tf.function(jit_compile=compiled)
        def step(ids, y, optimizer=optimizer):
            with tf.GradientTape() as tape:
                value = tf.reduce_mean(tf.square(tf.gather(table, ids) - y))
            optimizer.apply_gradients([(tape.gradient(value, table), table)])
            return value

        measure(f"embed-{name}", lambda step=step: step(ids, target).numpy())
    if not compiled and not ARGS.only:
        keras_epoch(keras)


def keras_epoch(keras):
    """What a Keras user types: one epoch of `fit` over 60,000 rows, after one that warms up."""
    model = keras_mlp(keras)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = numbers(60000, *MLP_SHAPE), labels(60000)

    def epoch():
        model.fit(x, y, batch_size=BATCH, verbose=0, epochs=1)

    epoch()
    emit(f"mlp-fit-epoch60000-b{BATCH}", seconds(epoch) * 1e6)


def torch(compiled):
    with Importing():
        import torch
    from torch import nn

    torch.set_num_threads(ARGS.threads)
    functional = nn.functional
    compile_maybe = torch.compile if compiled else (lambda f: f)

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.norms = nn.ModuleList([nn.LayerNorm(FEATURES), nn.LayerNorm(FEATURES)])
            self.qkv, self.out = nn.Linear(FEATURES, 3 * FEATURES), nn.Linear(FEATURES, FEATURES)
            self.up, self.down = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, FEATURES)

        def forward(self, x):
            batch = x.shape[0]
            qkv = self.qkv(self.norms[0](x)).view(batch, POSITIONS, 3, HEADS, FEATURES // HEADS)
            h = functional.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4))
            x = x + self.out(h.transpose(1, 2).reshape(batch, POSITIONS, FEATURES))
            return x + self.down(functional.gelu(self.up(self.norms[1](x)), approximate="tanh"))

    class Recurrent(nn.Module):
        def __init__(self, layers):
            super().__init__()
            self.lstm = nn.LSTM(LSTM_SHAPE[1], UNITS, layers, batch_first=True)

        def forward(self, x):
            return self.lstm(x)[0][:, -1]

    def network(name, model, shape, batches, loss, target):
        forward = compile_maybe(model)
        with torch.inference_mode():
            for batch in batches:
                x = torch.from_numpy(numbers(batch, *shape))
                measure(f"{name}-infer-b{batch}", lambda: forward(x))
        model.train()
        optimizer = torch.optim.Adam(model.parameters(), RATE, fused=True)
        x, y = torch.from_numpy(numbers(batches[-1], *shape)), torch.from_numpy(target)
        value_of = compile_maybe(lambda x, y: loss(model(x), y))

        def step():
            optimizer.zero_grad(set_to_none=True)
            value = value_of(x, y)
            value.backward()
            optimizer.step()
            return value.item()

        measure(f"{name}-train-b{batches[-1]}", step)

    mlp = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    cnn = nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))
    network("mlp", mlp, MLP_SHAPE, (1, BATCH), functional.cross_entropy, labels(BATCH))
    network("cnn", cnn, (1, 28, 28), (1, BATCH), functional.cross_entropy, labels(BATCH))
    network("enc", Encoder(), ENC_SHAPE, (1, SEQUENCES), functional.mse_loss, numbers(SEQUENCES, *ENC_SHAPE))
    for name, layers in (("lstm", 1), ("lstm2", 2)):
        target = numbers(LSTM_BATCH, UNITS)
        network(name, Recurrent(layers), LSTM_SHAPE, (1, LSTM_BATCH), functional.mse_loss, target)

    def chain(a, b, c, d):
        return (torch.tanh(a * b + c) * torch.sigmoid(d - a) + torch.relu(b * c - d)).sum()

    chain = compile_maybe(chain)
    operands = [torch.from_numpy(numbers(CHAIN_SIZE)) for _ in range(4)]
    with torch.inference_mode():
        measure("chain", lambda: chain(*operands).item())

    ids, target = torch.from_numpy(tokens().astype(np.int64)), torch.from_numpy(numbers(TOKENS, WORD_SIZE))
    weight = torch.from_numpy(numbers(WORDS, WORD_SIZE))
    halved = compile_maybe(lambda ids: functional.embedding(ids, weight) * 0.5)
    with torch.inference_mode():
        measure("embed-gather", lambda: halved(ids))
    table = nn.Embedding(WORDS, WORD_SIZE)
    value_of = compile_maybe(lambda ids, y: functional.mse_loss(table(ids), y))
    for name, optimizer in (
        ("sgd", torch.optim.SGD(table.parameters(), RATE, fused=True)),
        ("adam", torch.optim.Adam(table.parameters(), RATE, fused=True)),
    ):

        def step(optimizer=optimizer):
            optimizer.zero_grad(set_to_none=True)
            value = value_of(ids, target)
            value.backward()
            optimizer.step()
            return value.item()

        measure(f"embed-{name}", step)


def jax():
    parallel = "false" if ARGS.threads == 1 else "true"
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={parallel} intra_op_parallelism_threads={ARGS.threads}"
    with Importing():
        import jax
        import jax.numpy as jnp
    tree_map = jax.tree_util.tree_map

    def linear(inputs, outputs):
        return jnp.asarray(numbers(inputs, outputs) * (2 / inputs) ** 0.5), jnp.zeros(outputs)

    def dense(p, x):
        return x @ p[0] + p[1]

    def convolution(p, x):
        layout = ("NHWC", "HWIO", "NHWC")
        y = jax.lax.conv_general_dilated(x, p[0], (1, 1), "VALID", dimension_numbers=layout)
        return jax.nn.relu(y + p[1])

    def pool(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def normalize(p, x):
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p[0] + p[1]

    def mlp(p, x):
        return dense(p[2], jax.nn.relu(dense(p[1], jax.nn.relu(dense(p[0], x)))))

    def cnn(p, x):
        x = pool(convolution(p[1], pool(convolution(p[0], x))))
        return dense(p[3], jax.nn.relu(dense(p[2], x.reshape(x.shape[0], -1))))

    def encoder(p, x):
        size = FEATURES // HEADS
        qkv = dense(p[0], normalize(p[4], x)).reshape(*x.shape[:2], 3, HEADS, size)
        q, k, v = jnp.moveaxis(qkv, 2, 0)
        weights = jax.nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k) / size**0.5, -1)
        x = x + dense(p[1], jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(x.shape))
        return x + dense(p[3], jax.nn.gelu(dense(p[2], normalize(p[5], x)), approximate=True))

    def recurrent(p, x):
        x = jnp.swapaxes(x, 0, 1)
        zeros = jnp.zeros((x.shape[1], UNITS))
        for (kernel, bias), recurrent_kernel in p:

            def cell(state, given, recurrent_kernel=recurrent_kernel):
                h, c = state
                i, f, g, o = jnp.split(given + h @ recurrent_kernel, 4, -1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
                return (h, c), h

            (h, _), x = jax.lax.scan(cell, (zeros, zeros), x @ kernel + bias)
        return h

    def cross_entropy(out, y):
        return -jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1).mean()

    def adam(loss):
        def step(state, x, y):
            p, m, v, t = state
            value, g = jax.value_and_grad(loss)(p, x, y)
            t = t + 1
            m = tree_map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            rate = RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            p = tree_map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v)
            return (p, m, v, t), value

        return step

    def adam_state(parameters):
        zeros = [tree_map(jnp.zeros_like, parameters) for _ in range(2)]
        return (tree_map(jnp.array, parameters), *zeros, jnp.float32(0))

    def train(name, step, state, x, y):
        step = jax.jit(step, donate_argnums=0)

        def once():
            nonlocal state
            state, value = step(state, x, y)
            jax.block_until_ready((state, value))

        measure(name, once)

    def network(name, f, parameters, shape, batches, loss, target):
        forward = jax.jit(f)
        for batch in batches:
            x = jnp.asarray(numbers(batch, *shape))
            measure(f"{name}-infer-b{batch}", lambda: forward(parameters, x).block_until_ready())
        x, y = jnp.asarray(numbers(batches[-1], *shape)), jnp.asarray(target)

        train(f"{name}-train-b{batches[-1]}", adam(lambda p, x, y: loss(f(p, x), y)), adam_state(parameters), x, y)

    network(
        "mlp",
        mlp,
        [linear(784, 256), linear(256, 128), linear(128, 10)],
        MLP_SHAPE,
        (1, BATCH),
        cross_entropy,
        labels(BATCH).astype(np.int32),
    )
    kernels = [
        (jnp.asarray(numbers(3, 3, 1, 32) * 0.3), jnp.zeros(32)),
        (jnp.asarray(numbers(3, 3, 32, 64) * 0.08), jnp.zeros(64)),
    ]
    network(
        "cnn",
        cnn,
        [*kernels, linear(1600, 128), linear(128, 10)],
        CNN_SHAPE,
        (1, BATCH),
        cross_entropy,
        labels(BATCH).astype(np.int32),
    )
    attention = [linear(FEATURES, 3 * FEATURES), linear(FEATURES, FEATURES)]
    feed_forward = [linear(FEATURES, HIDDEN), linear(HIDDEN, FEATURES)]
    norms = [(jnp.ones(FEATURES), jnp.zeros(FEATURES)) for _ in range(2)]
    network(
        "enc",
        encoder,
        [*attention, *feed_forward, *norms],
        ENC_SHAPE,
        (1, SEQUENCES),
        lambda out, y: ((out - y) ** 2).mean(),
        numbers(SEQUENCES, *ENC_SHAPE),
    )
    for name, inputs in (("lstm", [LSTM_SHAPE[1]]), ("lstm2", [LSTM_SHAPE[1], UNITS])):
        network(
            name,
            recurrent,
            [(linear(features, 4 * UNITS), linear(UNITS, 4 * UNITS)[0]) for features in inputs],
            LSTM_SHAPE,
            (1, LSTM_BATCH),
            lambda out, y: ((out - y) ** 2).mean(),
            numbers(LSTM_BATCH, UNITS),
        )

    @jax.jit
    def chain(a, b, c, d):
        return (jnp.tanh(a * b + c) * jax.nn.sigmoid(d - a) + jax.nn.relu(b * c - d)).sum()

    operands = [jnp.asarray(numbers(CHAIN_SIZE)) for _ in range(4)]
    measure("chain", lambda: chain(*operands).block_until_ready())

    table, ids, target = jnp.asarray(numbers(WORDS, WORD_SIZE)), jnp.asarray(tokens()), jnp.asarray(numbers(TOKENS, WORD_SIZE))
    halved = jax.jit(lambda table, ids: table[ids] * 0.5)
    measure("embed-gather", lambda: halved(table, ids).block_until_ready())

    def embedding_loss(table, ids, y):
        return ((table[ids] - y) ** 2).mean()

    def sgd(table, ids, y):
        value, g = jax.value_and_grad(embedding_loss)(table, ids, y)
        return table - RATE * g, value

    train("embed-sgd", sgd, jnp.array(table), ids, target)
    train("embed-adam", adam(embedding_loss), adam_state(table), ids, target)


def onnxruntime():
    with Importing():
        import onnxruntime as ort
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    node = helper.make_node

    def session(nodes, weights, shape, outputs=10):
        batch = shape[0]
        graph = helper.make_graph(
            nodes,
            "network",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, (batch, outputs))],
            [numpy_helper.from_array(value, name) for name, value in weights.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        onnx.checker.check_model(model)
        options = ort.SessionOptions()
        options.intra_op_num_threads = ARGS.threads
        options.inter_op_num_threads = 1
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def dense(layer, x, inputs, outputs, weights, last=False):
        weights[f"w{layer}"], weights[f"b{layer}"] = numbers(inputs, outputs) * inputs**-0.5, numbers(outputs)
        product = node("Gemm", [x, f"w{layer}", f"b{layer}"], ["y" if last else f"g{layer}"])
        return [product] if last else [product, node("Relu", [f"g{layer}"], [f"r{layer}"])]

    def convolution(layer, x, inputs, outputs, weights):
        weights[f"w{layer}"], weights[f"b{layer}"] = numbers(outputs, inputs, 3, 3), numbers(outputs)
        return [
            node("Conv", [x, f"w{layer}", f"b{layer}"], [f"c{layer}"]),
            node("Relu", [f"c{layer}"], [f"r{layer}"]),
            node("MaxPool", [f"r{layer}"], [f"p{layer}"], kernel_shape=[2, 2], strides=[2, 2]),
        ]

    def mlp(batch):
        w = {}
        nodes = dense(0, "x", 784, 256, w) + dense(1, "r0", 256, 128, w) + dense(2, "r1", 128, 10, w, True)
        return session(nodes, w, (batch, 784))

    def cnn(batch):
        w = {}
        nodes = convolution(0, "x", 1, 32, w) + convolution(1, "p0", 32, 64, w) + [node("Flatten", ["p1"], ["f"])]
        nodes += dense(2, "f", 1600, 128, w) + dense(3, "r2", 128, 10, w, True)
        return session(nodes, w, (batch, 1, 28, 28))

    def lstm(layers, batch):
        w = {"one": np.array([1], np.int64), "first": np.array([0], np.int64)}
        nodes = [node("Transpose", ["x"], ["x0"], perm=[1, 0, 2])]
        for k in range(layers):
            inputs = UNITS if k else LSTM_SHAPE[1]
            w[f"w{k}"], w[f"r{k}"] = numbers(1, 4 * UNITS, inputs) * 0.1, numbers(1, 4 * UNITS, UNITS) * 0.1
            w[f"b{k}"] = numbers(1, 8 * UNITS) * 0.1
            nodes.append(node("LSTM", [f"x{k}", f"w{k}", f"r{k}", f"b{k}"], [f"y{k}", f"h{k}"], hidden_size=UNITS))
            nodes.append(node("Squeeze", [f"y{k}", "one"], [f"x{k + 1}"]))
        nodes[-1] = node("Squeeze", [f"h{layers - 1}", "first"], ["y"])
        return session(nodes, w, (batch, *LSTM_SHAPE), UNITS)

    networks = [("mlp", mlp, MLP_SHAPE, BATCH), ("cnn", cnn, (1, 28, 28), BATCH)]
    networks += [(name, functools.partial(lstm, n), LSTM_SHAPE, LSTM_BATCH) for name, n in (("lstm", 1), ("lstm2", 2))]
    for name, network, shape, many in networks:
        for batch in (1, many):
            run, x = network(batch).run, {"x": numbers(batch, *shape)}
            measure(f"{name}-infer-b{batch}", lambda: run(None, x))


def litert():
    with Importing():
        import tensorflow as tf
        from ai_edge_litert.interpreter import Interpreter

    for name, network, shape in (("mlp", keras_mlp, MLP_SHAPE), ("cnn", keras_cnn, CNN_SHAPE)):
        content = tf.lite.TFLiteConverter.from_keras_model(network(tf.keras)).convert()
        for batch in (1, BATCH):
            machine = Interpreter(model_content=content, num_threads=ARGS.threads)
            source = machine.get_input_details()[0]["index"]
            machine.resize_tensor_input(source, (batch, *shape))
            machine.allocate_tensors()
            result, x = machine.get_output_details()[0]["index"], numbers(batch, *shape)

            def run():
                machine.set_tensor(source, x)
                machine.invoke()
                return machine.get_tensor(result)

            measure(f"{name}-infer-b{batch}", run)


def main():
    if ARGS.framework.startswith("tensorflow"):
        tensorflow(compiled=ARGS.framework.endswith("xla"))
    elif ARGS.framework.startswith("torch"):
        torch(compiled=ARGS.framework.endswith("compile"))
    else:
        {"jax": jax, "onnxruntime": onnxruntime, "litert": litert}[ARGS.framework]()
    emit("peak-rss-kib", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    sys.exit(main())
