# LoRA: a frozen kernel and two small matrices that learn; the output is that of Keras on TensorFlow.
import os
import tempfile
import keras
import numpy as np
from keras import layers

path = os.path.join(tempfile.mkdtemp(), "lora.keras")
x = (np.arange(8.0).reshape(2, 4) / 4 - 1).astype("float32")
y = np.ones((2, 2), "float32")
m = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="d"), layers.Dense(2, name="e")])
for i, w in enumerate(m.weights):
    w.assign(np.sin(np.arange(int(np.prod(w.shape))) * 0.7 + i).reshape(w.shape) * 0.5)
d = m.layers[0]
print(d.lora_enabled, d.lora_rank, d.lora_alpha)
d.enable_lora(2, lora_alpha=4, a_initializer="ones")
print(d.lora_enabled, d.lora_rank, d.lora_alpha, [w.name for w in d.weights], [w.name for w in d.trainable_weights])
m.compile(keras.optimizers.SGD(0.1), "mse")
before = d.get_weights()[0]
hist = m.fit(x, y, epochs=4, verbose=0)
print(np.round(hist.history["loss"], 4))
print(np.allclose(before, d.get_weights()[0]), np.allclose(before, np.array(d.kernel)))
print(np.round(d.get_weights()[3], 4))
m.save(path)
again = keras.models.load_model(path)
print(np.allclose(m.predict(x, verbose=0), again.predict(x, verbose=0), atol=1e-6))
config = again.layers[0].get_config()
print(config["lora_rank"], config["lora_alpha"], [tuple(w.shape) for w in again.layers[0].weights])
print(np.abs(again.layers[0].get_weights()[3]).sum())
try:
    d.enable_lora(2)
except ValueError as e:
    print("only once")
try:
    layers.Dense(2).enable_lora(1)
except ValueError as e:
    print("not built")
e = layers.Embedding(5, 3, lora_rank=2)
e.build((None,))
print([w.name for w in e.trainable_weights], [w.name for w in e.non_trainable_weights])
