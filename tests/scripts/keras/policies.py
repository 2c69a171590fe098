# Dtype policies: element types of weights, computations and results; the output is that of Keras on TensorFlow.
import os
import tempfile
import keras
import numpy as np
from keras import layers

folder = tempfile.mkdtemp()
x = (np.arange(48).reshape(8, 6) / 10 - 2).astype("float32")
y = np.arange(8) % 3

def fill(model):
    for i, w in enumerate(model.weights):
        v = np.sin(np.arange(int(np.prod(w.shape))) * 0.7 + i).reshape(w.shape)
        w.assign(abs(v) + 0.5 if "variance" in w.path else v * 0.5)

print(keras.config.dtype_policy())
keras.mixed_precision.set_global_policy("mixed_float16")
policy = keras.mixed_precision.dtype_policy()
print(policy, policy.name, policy.compute_dtype, policy.variable_dtype)
inputs = keras.Input((6,))
h = layers.Dense(8, activation="relu", name="a")(inputs)
h = layers.BatchNormalization(name="b")(h)
print(h.dtype, inputs.dtype)
h = layers.LayerNormalization(name="l")(h)
h = layers.Dropout(0.0)(h + 1)
out = layers.Dense(3, activation="softmax", dtype="float32", name="o")(h)
print(out.dtype)
m = keras.Model(inputs, out)
for layer in m.layers:
    print(layer.name, layer.dtype, layer.compute_dtype, layer.variable_dtype, layer.dtype_policy)
fill(m)
print([w.dtype for w in m.weights])
p = m.predict(x, verbose=0)
print(p.dtype, np.round(p, 2).tolist()[0])
m.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
hist = m.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0)
print([round(v, 2) for v in hist.history["loss"]])
print(type(m.optimizer).__name__, type(m.optimizer.inner_optimizer).__name__)
m.save(os.path.join(folder, "mixed.keras"))
again = keras.models.load_model(os.path.join(folder, "mixed.keras"))
print(np.array_equal(again.predict(x, verbose=0), m.predict(x, verbose=0)))
print(type(again.optimizer).__name__, again.layers[1].dtype_policy, again.layers[-1].dtype_policy)
print(again.layers[1].get_config()["dtype"]["config"])
keras.config.set_dtype_policy("float32")
d = layers.Dense(3, dtype="float64", kernel_initializer="ones")
t = d(np.array([[1.0, 2.0, 1e-9]]))
print(d.kernel.dtype, float(t[0, 0]) - 3)
for policy in ["float16", "bfloat16", "float64", keras.DTypePolicy("mixed_bfloat16")]:
    m = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="tanh", dtype=policy), layers.Dense(2, dtype=policy)])
    fill(m)
    p = m.predict(x[:2], verbose=0)
    print(m.layers[0].dtype_policy, np.round(np.array(p, dtype="float64"), 1).tolist())
    m.compile(keras.optimizers.Adam(0.01), "mse")
    hist = m.fit(x, np.zeros((8, 2)), epochs=3, shuffle=False, verbose=0)
    print([round(v, 1) for v in hist.history["loss"]], m.weights[0].dtype)
    m.save(os.path.join(folder, "m.keras"))
    again = keras.models.load_model(os.path.join(folder, "m.keras"))
    same = [np.array_equal(np.array(a, dtype="float32"), np.array(b, dtype="float32")) for a, b in zip(m.get_weights(), again.get_weights())]
    print(same, again.layers[0].dtype_policy.name, again.weights[0].dtype)
s = keras.Sequential([keras.Input((5, 6)), layers.LSTM(4, return_sequences=True, dtype="mixed_float16"), layers.GRU(3, dtype="mixed_float16")])
print(s.outputs[0].dtype, s.predict(np.ones((2, 5, 6)), verbose=0).dtype)
a = layers.MultiHeadAttention(2, 3, dtype="float16")
print(a(np.ones((1, 4, 6)), np.ones((1, 4, 6))).shape, [w.dtype for w in a.weights][:2])
try:
    layers.Dense(3, dtype="float31")
except ValueError as e:
    print("refused")
