# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.01
"""examples/words.cpp in Keras. Argument: a seed."""
import os, sys
os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "tensorflow", "3"
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
row, column = np.arange(3000)[:, None], np.arange(17)[None, :]
noise = np.sin(row * 12.9898 + column * 78.233) * 43758.5453 % 1
length = 4 + (13 * noise[:, :1]).astype(int)
sentences = np.where(column[:, 1:] <= length, 1 + (39 * noise[:, 1:]).astype(int), 0)
kind = (((sentences > 0) & (sentences <= 10)).sum(1) > ((sentences > 10) & (sentences <= 20)).sum(1)).astype(int)


# region: networks
def recurrent(words):
    return layers.Dense(2)(layers.LSTM(24)(layers.Embedding(40, 16, mask_zero=True)(words)))


def attentive(words):
    x = layers.Embedding(40, 16, mask_zero=True)(words)
    h = layers.add([x, layers.MultiHeadAttention(2, 8)(x, x)])
    return layers.Dense(2)(layers.GlobalAveragePooling1D()(h))


# end region
def trained(network):
    words = keras.Input((16,), dtype="int64")
    model = keras.Model(words, network(words))
    model.compile(keras.optimizers.Adam(4e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(sentences[:2000], kind[:2000], batch_size=32, epochs=8, verbose=0)
    return model.evaluate(sentences[2000:], kind[2000:], batch_size=32, verbose=0)[1]


print(f"attention accuracy {trained(attentive):.3f}")
print(f"LSTM accuracy {trained(recurrent):.3f}")
