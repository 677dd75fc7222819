# SPDX-License-Identifier: Apache-2.0
# tolerance: 0.005
"""examples/tabular.cpp in Keras. Argument: a seed."""
import os, sys
os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"] = "tensorflow", "3"
import keras
import numpy as np

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
row = np.arange(1500)
noise = lambda column: np.modf(np.sin(row * 12.9898 + column * 78.233) * 43758.5453)[0] % 1
size, age, distance, floor = 20 + 180 * noise(0), 100 * noise(1), 30 * noise(2), np.floor(10 * noise(3))
estimated = row % 3 == 0
x = np.stack([size, age, distance, floor], 1)
y = size * (4 - 0.1 * distance) / 100 + np.cos(age / 20) + 0.1 * floor + np.where(estimated, 2, 0.1) * (noise(4) - 0.5)
sure = np.where(estimated, 0.1, 1.0)
learn, validation, test = (tuple(part) for part in zip(*(np.split(a, [1000, 1250]) for a in (x, y, sure))))

# region: training
normalization = keras.layers.Normalization()
normalization.adapt(learn[0])
relu = keras.layers.ReLU
net = keras.Sequential([normalization, keras.layers.Dense(32), relu(), keras.layers.Dense(32), relu(), keras.layers.Dense(1)])
net.compile(keras.optimizers.Adam(3e-3), "mse", weighted_metrics=[], metrics=["mae", "r2_score"])
stopping = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
x, y, sure = learn
history = net.fit(x, y, sample_weight=sure, batch_size=32, epochs=100, validation_data=validation, callbacks=[stopping], verbose=0)
loss, mae, r2 = net.evaluate(*test[:2], sample_weight=test[2], verbose=0)
# end region
print(f"{len(history.epoch)} epochs, the best was {stopping.best_epoch + 1}")
print(f"mean absolute error {mae:.3f}")
print(f"r2 {r2:.3f}")
