# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.01
"""examples/two_heads.cpp in Keras. Argument: a seed."""
import os, sys
os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "tensorflow", "3"
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
n = 1600
count = lambda size: np.arange(1, n * size + 1, dtype=np.float32)
numbers = (np.sin(count(5) * np.float32(12.9898)) * 1.5).reshape(n, 5)
pictures = (np.sin(count(64) * np.float32(78.233)) * 1.5).reshape(n, 8, 8, 1)
prices = numbers[:, 0] + pictures[:, 0, 0, 0]
kinds = np.where(numbers[:, 1] > 0.5, 2, (numbers[:, 1] > -0.5).astype(int))
sure = np.where(np.arange(n) % 2, 1.0, 0.2)

# region: network
a, b = keras.Input((5,)), keras.Input((8, 8, 1))
left = layers.ReLU()(layers.Dense(16)(a))
right = layers.Dense(16)(layers.Flatten()(layers.ReLU()(layers.Conv2D(4, 3, padding="same")(b))))
h = layers.concatenate([left, right])
net = keras.Model([a, b], [layers.Dense(1, name="price")(h), layers.Dense(3, name="kind")(h)])
net.compile(
    keras.optimizers.Adam(3e-3),
    ["mse", keras.losses.SparseCategoricalCrossentropy(from_logits=True)],
    loss_weights=[1, 0.5],
    metrics=[[], ["accuracy"]],
)
history = net.fit([numbers, pictures], [prices, kinds], batch_size=32, epochs=10, verbose=0).history
# end region
for name, values in history.items():
    print(f"{name:13} {values[0]:.3f} -> {values[-1]:.3f}")
price, kind = net.predict([numbers[:1], pictures[:1]], verbose=0)
print(f"price {price[0, 0]:.2f}, in truth {prices[0]:.2f}; kind {kind[0].argmax()}, in truth {kinds[0]}")
net.fit([numbers, pictures], [prices, kinds], sample_weight=[sure, sure], batch_size=32, epochs=1, verbose=0)
result = net.evaluate([numbers, pictures], [prices, kinds], batch_size=32, verbose=0, return_dict=True)
print(f"price loss {result['price_loss']:.3f}")
print(f"kind accuracy {result['kind_accuracy']:.3f}")
