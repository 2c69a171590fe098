# Trains models whose kernels are large enough for several threads, and saves the bits of their weights in argv[1].
import sys

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
saved = []


def train(model, x, classes, batch_size):
    y = rng.integers(0, classes, len(x)).astype("int32")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=2, batch_size=batch_size, verbose=0)
    saved.extend(weight.ravel() for weight in model.get_weights())
    saved.append(model.predict(x, verbose=0).ravel())


keras.utils.set_random_seed(1)
dense = keras.Sequential([keras.Input((784,)), layers.Dense(512, activation="relu"), layers.Dropout(0.2), layers.LayerNormalization(), layers.Dense(10, activation="softmax")])
train(dense, rng.random((300, 784), dtype=np.float32), 10, 128)

inputs = keras.Input((20, 20, 3))
x = layers.Conv2D(32, 3, activation="relu")(inputs)
x = layers.BatchNormalization()(x)
x = layers.Add()([x, layers.Conv2D(32, 3, padding="same")(x)])
x = layers.MaxPooling2D()(x)
x = layers.DepthwiseConv2D(3)(x)
x = layers.GlobalAveragePooling2D()(x)
images = keras.Model(inputs, layers.Dense(5, activation="softmax")(x))
train(images, rng.random((90, 20, 20, 3), dtype=np.float32), 5, 32)

words = keras.Sequential([keras.Input((20,), dtype="int32"), layers.Embedding(500, 64), layers.LSTM(64, return_sequences=True), layers.GRU(64), layers.Dense(2, activation="softmax")])
train(words, rng.integers(0, 500, (90, 20)).astype("int32"), 2, 32)

np.save(sys.argv[1], np.concatenate(saved))
