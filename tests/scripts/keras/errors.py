# What goes wrong is told in words, and the session lives on.
import os
import tempfile

import keras
import numpy as np
from keras import layers

os.chdir(tempfile.mkdtemp())
keras.utils.set_random_seed(1)
np.random.seed(1)
def attempt(name, f):
    try:
        f(); print(f"-- {name}: NO ERROR")
    except Exception as e:
        print(f"-- {name}: {type(e).__name__}: {e}")
x = np.random.rand(64, 4).astype("float32"); y = np.random.randint(0, 3, 64)
def model(n=3):
    m = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu", name="hidden"), layers.Dense(n, activation="softmax")])
    m.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"]); return m
attempt("wrong arg", lambda: layers.Dense(unit=3))
attempt("wrong act", lambda: layers.Dense(3, activation="rellu"))
attempt("wrong type", lambda: layers.Dense("3"))
attempt("neg", lambda: layers.Dense(-3))
attempt("rate", lambda: layers.Dropout(1.5))
attempt("shape", lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layers.Conv2D(8, 30, name="big")]))
attempt("dense on batch", lambda: layers.Dense(3)(keras.Input(())))
attempt("concat", lambda: layers.Concatenate()([keras.Input((3, 4)), keras.Input((5, 4))]))
attempt("labels", lambda: model().fit(x, y + 5, verbose=0))
xn = x.copy(); xn[3, 2] = np.nan
attempt("nan data", lambda: model().fit(xn, y, verbose=0))
def nan_loss():
    m = keras.Sequential([keras.Input((4,)), layers.Dense(8, name="explode"), layers.Dense(1)]); m.compile(keras.optimizers.SGD(1e30), "mse"); m.fit(x, y, verbose=0, epochs=5)
attempt("nan loss", nan_loss)
attempt("empty", lambda: model().fit(x[:0], y[:0], verbose=0))
attempt("lengths", lambda: model().fit(x, y[:10], verbose=0))
attempt("data shape", lambda: model().fit(np.zeros((8, 5)), y[:8], verbose=0))
attempt("one sample", lambda: model().predict(x[0], verbose=0))
attempt("file", lambda: keras.models.load_model("nothere.keras"))
model().save("a.keras"); b = open("a.keras", "rb").read(); open("t.keras", "wb").write(b[: len(b) // 2]); open("c.keras", "wb").write(b[:600] + b[604:])
attempt("truncated", lambda: keras.models.load_model("t.keras"))
attempt("corrupt", lambda: keras.models.load_model("c.keras"))
np.save("a.npy", x); b = open("a.npy", "rb").read(); open("t.npy", "wb").write(b[:100])
attempt("npy", lambda: np.load("t.npy"))
np.savez("a.npz", x=x); b = open("a.npz", "rb").read(); open("t.npz", "wb").write(b[:200])
attempt("npz", lambda: np.load("t.npz")["x"])
def rec(n): return rec(n + 1)
attempt("recursion", lambda: rec(0))
attempt("overflow", lambda: 2**62 * 4)
attempt("index", lambda: [1, 2][5])
attempt("np index", lambda: x[100])
attempt("not compiled", lambda: keras.Sequential([keras.Input((4,)), layers.Dense(1)]).fit(x, y))
attempt("opt", lambda: model().compile("adamm", "mse"))
attempt("loss", lambda: model().compile("adam", "mean_square_error"))
attempt("metric", lambda: model().compile("adam", "mse", metrics=["acuracy"]))
attempt("layer", lambda: layers.Dence(3))
attempt("monitor", lambda: model().fit(x, y, callbacks=[keras.callbacks.EarlyStopping()], verbose=0))
attempt("get_layer", lambda: model().get_layer("hiden"))
