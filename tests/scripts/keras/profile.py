# Where a step's time goes: the parts are the whole, and the model stays as it was.
import keras
import kerai
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
x = rng.random((200, 12, 12, 3)).astype("float32")
y = rng.integers(0, 4, 200)


def make():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((12, 12, 3))
    h = layers.Conv2D(8, 3, activation="relu", name="first")(inputs)
    h = layers.BatchNormalization(name="norm")(h)
    block = keras.Sequential([keras.Input((10, 10, 8)), layers.Conv2D(8, 3, name="inner"), layers.MaxPooling2D(name="pool")], name="block")
    h = layers.Flatten(name="flat")(block(h))
    h = layers.Dropout(0.3, name="drop")(h)
    outputs = layers.Dense(4, activation="softmax", name="last")(h)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")])
    return model


plain = make()
plain.fit(x, y, epochs=2, verbose=0)
truth = plain.fit(x, y, epochs=2, verbose=0)

profiled = make()
first = kerai.profile(profiled, x, y)  # before anything was trained
profiled.fit(x, y, epochs=2, verbose=0)
result = kerai.profile(profiled, x, y, batch_size=50, steps=7)
after = profiled.fit(x, y, epochs=2, verbose=0)
print("same losses:", after.history == truth.history)
print("same weights:", all(np.array_equal(a, b) for a, b in zip(profiled.get_weights(), plain.get_weights())))
print("same optimizer:", profiled.optimizer.iterations.numpy() == plain.optimizer.iterations.numpy())

total = sum(row["forward_ms"] + row["backward_ms"] for row in result.rows)
print("the parts are the whole:", 0.95 * result.step_ms <= total <= 1.001 * result.step_ms)
print(result.batch_size, result.steps, first.batch_size, first.steps)
names = []
for row in result.rows:
    if row["layer"] not in names:
        names.append(row["layer"])
print([name for name in ["first", "norm", "block", "block/inner", "drop", "last", "(input)", "(loss)", "(optimizer)", "(metrics)"] if name not in names])
inner = [row for row in result.rows if row["layer"] == "block/inner" and row["operation"] != "(other)"]
# The convolution pools in its own pass, and says so.
print(len(inner), inner[0]["operation"], inner[0]["calls"], inner[0]["forward_ms"] > 0, inner[0]["backward_ms"] > 0)
print(str(result).splitlines()[0].split(":")[0])

for wrong in [lambda: kerai.profile(profiled, x, y, steps=0), lambda: kerai.profile(keras.Sequential([layers.Dense(1)]), x, y), lambda: kerai.profile(x, y)]:
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
