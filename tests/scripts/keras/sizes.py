# Sizes that no machine holds end in an exception, never in the end of the process.
import numpy as np
import tensorflow as tf
import keras
from keras import layers, ops

huge = 10**13
x = np.zeros((1, 3))
image = np.zeros((1, 3, 3, 3))
makers = {
    "Dense": lambda: layers.Dense(huge)(x),
    "Embedding": lambda: layers.Embedding(10**15, 8)(x),
    "Embedding, wide": lambda: layers.Embedding(3, 10**14)(x),
    "Conv2D": lambda: layers.Conv2D(8, 10**7, padding="same")(image),
    "DepthwiseConv2D": lambda: layers.DepthwiseConv2D(3, depth_multiplier=huge)(image),
    "MaxPooling2D": lambda: layers.MaxPooling2D(10**12, padding="same")(image),
    "LSTM": lambda: layers.LSTM(10**9)(np.zeros((1, 3, 3))),
    "BatchNormalization": lambda: layers.BatchNormalization()(keras.Input((10**15,))),
    "RepeatVector": lambda: layers.RepeatVector(huge)(x),
    "Orthogonal": lambda: keras.initializers.Orthogonal()((10**7, 10**7)),
    "a functional model": lambda: layers.Dense(10)(keras.Input((10**16,))),
    "ops.zeros": lambda: ops.zeros((10**7, 10**7)),
    "ops.one_hot": lambda: ops.one_hot([1], huge),
    "ops.arange": lambda: ops.arange(huge),
    "ops.eye": lambda: ops.eye(10**8),
    "ops.tile": lambda: ops.tile(ops.zeros((10**4,)), (10**10,)),
    "ops.repeat": lambda: ops.repeat(ops.zeros((10**4,)), 10**10),
    "ops.pad": lambda: ops.pad(ops.zeros((4,)), ((0, huge),)),
    "ops.broadcast_to": lambda: ops.broadcast_to(ops.zeros((1,)), (huge,)),
    "ops.matmul": lambda: ops.matmul(ops.zeros((10**7, 1)), ops.zeros((1, 10**7))),
    "an outer sum": lambda: ops.zeros((10**7, 1)) + ops.zeros((1, 10**7)),
    "keras.random": lambda: keras.random.normal((10**7, 10**7)),
    "tf.fill": lambda: tf.fill((10**7, 10**7), 1.0),
    "to_categorical": lambda: keras.utils.to_categorical([huge]),
    "np.zeros": lambda: np.zeros((10**9, 10**9)),
    "np.tri": lambda: np.tri(10**8),
    "a list": lambda: [0] * 10**12,
    "a text": lambda: "a" * huge,
    "a range": lambda: list(range(10**12)),
    "a set": lambda: set(range(10**12)),
}
for name, make in makers.items():
    try:
        make()
        print(name, "was made")
    except MemoryError:
        print(name, "is refused")

try:
    layers.Flatten()(keras.Input((10**18, 10**18)))
except ValueError as error:
    print(error)
try:
    layers.Dense(huge, name="wide")(x)
except MemoryError as error:
    print(error)
