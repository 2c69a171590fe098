# Layers, losses, metrics and models of the program's own are freed with what held them, also when the engine used them:
# rebuilding them in a loop does not grow the process (with the layers kept, 1.8 MB would stay behind each round).
import keras
import numpy as np
from keras import layers, ops


def resident():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0  # Only Linux tells.


class Mine(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units)
        self.calls = 0

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units), initializer="glorot_uniform", name="w")

    def call(self, x):
        self.calls += 1
        return ops.matmul(x, self.w) + self.inner(x)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.mine = Mine(64)
        self.out = layers.Dense(2)

    def call(self, x):
        return self.out(self.mine(x))


class Squares(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


class Ones(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return ops.ones(shape)


x = np.random.default_rng(0).random((64, 3000)).astype("float32")
y = np.random.default_rng(0).random((64, 2)).astype("float32")


def sequential():
    return keras.Sequential([keras.Input((3000,)), Mine(64), layers.Dense(2, kernel_initializer=Ones())])


def functional():
    inputs = keras.Input((3000,))
    return keras.Model(inputs, layers.Dense(2)(Mine(64)(inputs)))


def nested():
    return keras.Sequential([keras.Input((3000,)), Net()])


for make in [sequential, functional, Net, nested]:
    for round in range(30):
        model = make()
        model.compile("sgd", Squares())
        model.fit(x, y, verbose=0)
        if round == 5:
            before = resident()
    grown = (resident() - before) / 24
    print(make.__name__, "flat" if grown < 400_000 else f"grows by {grown:.0f} bytes a round")

# What the engine holds alone is still the program's: its attributes, its methods, its identity.
model = sequential()
model.predict(x, verbose=0)
first = model.layers[0]
print(type(first).__name__, first.units, first.calls > 0, first is model.layers[0])
before = first.calls
del first
model.predict(x, verbose=0)
print(model.layers[0].calls > before, [weight.shape for weight in model.layers[0].weights])
