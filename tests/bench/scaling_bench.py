"""Training time per sample of 784-128-dropout-10, batch 32. usage: kerai run scaling_bench.py SAMPLES"""
import json
import sys
import time

import keras
import numpy as np
from keras import layers

samples = int(sys.argv[1])
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dropout(0.2), layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
rng = np.random.default_rng(0)
x = rng.random((samples, 784), dtype=np.float32)
y = rng.integers(0, 10, samples).astype("int32")
model.fit(x[:1000], y[:1000], verbose=0)
epochs = max(1, 200_000 // samples)
start = time.perf_counter()
model.fit(x, y, epochs=epochs, verbose=0)
print(json.dumps(dict(samples=samples, sample_us=(time.perf_counter() - start) / (samples * epochs) * 1e6)))
