# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.02
"""examples/pictures.cpp in Keras. Argument: a seed."""
import gzip, os, sys
os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "tensorflow", "3"
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
folder = os.environ.get("TFX_DATA", "/usr/share/datasets/fashion-mnist")
read = lambda name, head: np.frombuffer(gzip.open(f"{folder}/{name}-ubyte.gz").read(), np.uint8, offset=head)
x, y = read("train-images-idx3", 16).reshape(-1, 28, 28, 1) / 255.0, read("train-labels-idx1", 8)
x_test, y_test = read("t10k-images-idx3", 16).reshape(-1, 28, 28, 1) / 255.0, read("t10k-labels-idx1", 8)


# region: network
def conv(channels=16, **options):
    return layers.Conv2D(channels, 3, padding="same", kernel_regularizer=keras.regularizers.L2(1e-4), **options)


def block(x):
    h = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(conv()(x)))
    return layers.ReLU()(layers.add([x, layers.BatchNormalization(momentum=0.9)(conv()(h))]))


image = keras.Input((28, 28, 1))
h = layers.RandomTranslation(0.05, 0.05)(layers.RandomFlip("horizontal")(image))
h = layers.Flatten()(layers.MaxPool2D()(block(layers.ReLU()(conv(strides=2)(h)))))
classifier = keras.Model(image, layers.Dense(10, kernel_regularizer=keras.regularizers.L2(1e-4))(h))
classifier.compile(keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
# end region
# region: training
classifier.fit(x[:6000], y[:6000], batch_size=64, epochs=4, verbose=0)
predicted = classifier.predict(x_test[:2000], verbose=0).argmax(1)
taken = np.zeros((10, 10), int)
np.add.at(taken, (y_test[:2000], predicted), 1)
# end region
print(f"shirts taken for shirts {taken[6, 6]}, for T-shirts {taken[6, 0]}, for pullovers {taken[6, 2]}")
print(f"accuracy {np.trace(taken) / taken.sum():.3f}")
