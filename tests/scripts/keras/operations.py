"""Operators and functions of keras.ops on the promised tensors of a model."""
import json
import os
import tempfile

import keras
import numpy as np
from keras import layers, ops

x = keras.Input((4, 6), name="x")
y = keras.Input((4, 6), name="y")
print((x + y).shape, (1 - x).shape, x[:, 0].shape, (x > y).dtype, abs(-x).dtype)
print(ops.mean(x, axis=1).shape, ops.reshape(x, (-1, 3)).shape, ops.split(x, 2, axis=1)[1].shape)
print(ops.concatenate([x, y], axis=-1).shape, ops.einsum("bij,bkj->bik", x, y).shape)
print([part.shape for part in ops.top_k(x, 2)], ops.shape(x), ops.argmax(x, axis=-1).dtype)

keras.backend.clear_session()
a = keras.Input((4,), name="a")
b = keras.Input((4,), name="b")
mixed = (a + b) * 2 - a / (1 + b**2)
gate = ops.where(a > b, ops.relu(mixed), keras.activations.gelu(mixed))
joined = ops.concatenate([gate[:, :2], ops.clip(b, -0.5, 0.5)], axis=1)
out = layers.Dense(1, kernel_initializer="ones", name="out")(joined @ np.eye(6, dtype="float32"))
model = keras.Model([a, b], out)
model.summary()
print([layer.name for layer in model.layers])
for node in json.loads(model.to_json())["config"]["layers"]:
    names = sorted(node["config"]) if "ops" in node["module"] else []
    print(node["module"], node["class_name"], names, len(node["inbound_nodes"]))

data = np.linspace(-2, 2, 12).astype("float32").reshape(3, 4)
before = model.predict([data, data[::-1]], verbose=0)
print([round(float(value), 3) for value in before[:, 0]])
path = os.path.join(tempfile.mkdtemp(), "model.keras")
model.save(path)
again = keras.models.load_model(path)
print(np.array_equal(again.predict([data, data[::-1]], verbose=0), before))

model.compile(optimizer="sgd", loss="mse")
history = model.fit([data, data[::-1]], np.ones((3, 1)), epochs=2, verbose=0)
print([round(loss, 2) for loss in history.history["loss"]])
