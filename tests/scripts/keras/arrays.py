# Batches are copied ahead on another thread: what a program does to its arrays meanwhile is its own affair.
import keras
import numpy as np

model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(1, "linear", False, "ones")])
model.compile(keras.optimizers.SGD(0.0), "mse")
y = np.zeros(4000)


class Doubles(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        x[:] *= 2


for dtype in ["float64", "float32", "float16", "int64", "int32", "int16", "uint8", "uint64"]:
    x = np.ones((4000, 64), dtype)
    run = model.fit(x, y, batch_size=50, epochs=3, verbose=0, callbacks=[Doubles()])
    print(dtype, run.history["loss"], x[0, 0], x.mean() == 8)
print("bool", model.evaluate(np.ones((4000, 64), bool), y, verbose=0))


# A view is changed with what it is a view of, and a copy is not.
whole = np.ones((8000, 64), "float32")
x, copy = whole[::2], whole[::2].copy()
run = model.fit(x, y, batch_size=50, epochs=2, verbose=0, callbacks=[Doubles()])
print(run.history["loss"], whole[:4, 0], copy[:2, 0])


class Erases(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        x[:] = 0


for x in [np.ones((64, 4000)).T, np.ones((4000, 8, 16))[:, ::-1, ::2], np.ones((4000, 65), "uint8")[::-1, 1:]]:
    x = x.reshape(4000, 64) if x.ndim == 3 else x
    print(model.evaluate(x, y, verbose=0), model.fit(x, y, batch_size=50, verbose=0).history["loss"])


# In the middle of an epoch some batches are there already; in the end all see it.
x = np.ones((4000, 64), "float32")
run = model.fit(x, y, batch_size=50, epochs=2, verbose=0, callbacks=[Erases()])
first, second = run.history["loss"]
print(0 < first < 4096 / 2, second, x.max())

# Every sample is there once, in whatever order.
x = np.repeat(np.arange(4000.0)[:, None], 64, axis=1)
for shuffle in [False, True]:
    seen = []
    spy = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    model.fit(x / 64, y, batch_size=1, steps_per_epoch=4000, shuffle=shuffle, verbose=0, callbacks=[spy])
    total = np.mean(np.arange(4000.0) ** 2)
    print(shuffle, len(seen), abs(seen[-1] / total - 1) < 1e-4, seen[0] == 0)
print(np.abs(model.predict(x, verbose=0)[:, 0] / 64 - np.arange(4000)).max())
