"""Resident memory after 5 epochs and after 50. usage: kerai run memory_bench.py mlp|cnn"""
import json
import sys

import keras
import numpy as np
from keras import layers


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


keras.utils.set_random_seed(0)
if sys.argv[1] == "mlp":
    shape = (784,)
    hidden = [layers.Dense(128, activation="relu"), layers.Dropout(0.2)]
else:
    shape = (28, 28, 1)
    hidden = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.5)]
model = keras.Sequential([keras.Input(shape), *hidden, layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
rng = np.random.default_rng(0)
x = rng.random((1000, *shape), dtype=np.float32)
y = rng.integers(0, 10, 1000).astype("int32")
model.fit(x, y, epochs=5, verbose=0)
after_5 = resident_mb()
model.fit(x, y, epochs=45, verbose=0)
print(json.dumps(dict(after_5_mb=after_5, after_50_mb=resident_mb())))
