# Recurrent layers that keep their states from batch to batch; the output is that of Keras on TensorFlow.
import os
import tempfile
import numpy as np
import keras
from keras import layers
path = os.path.join(tempfile.mkdtemp(), "stateful.keras")
def fill(layer):
    ws = layer.get_weights()
    layer.set_weights([ (np.arange(w.size).reshape(w.shape) % 7 - 3) / 10 for w in ws])
for cls in [layers.LSTM, layers.GRU, layers.SimpleRNN]:
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 2)), cls(3, stateful=True, name="memory"), layers.Dense(1)])
    for l in model.layers: fill(l)
    x = ((np.arange(24).reshape(4, 3, 2) % 5 - 2) / 3).astype("float32")
    a = model.predict(x, batch_size=2, verbose=0)
    b = model.predict(x, batch_size=2, verbose=0)
    print(cls.__name__, np.round(a.ravel(), 4), np.round(b.ravel(), 4))
    memory = model.get_layer("memory")
    print(len(memory.states), len(memory.weights), len(model.weights), memory.states[0].shape)
    memory.reset_states()
    print(np.allclose(model.predict(x, batch_size=2, verbose=0), a))
    model.compile("sgd", "mse")
    memory.reset_state()
    h = model.fit(x, np.ones((4, 1)), batch_size=2, epochs=3, shuffle=False, verbose=0)
    print(np.round(h.history["loss"], 4))
    memory.reset_states()
    print(np.round(model.evaluate(x, np.ones((4, 1)), batch_size=2, verbose=0), 4), np.round(np.array(memory.states[0].numpy()).ravel(), 4))
    layer = cls(2, stateful=True)
    first, second = layer(x[:2]), layer(x[:2])
    print(np.allclose(first, second), np.allclose(second, layer(x[:2])))
    model.save(path)
    again = keras.models.load_model(path)
    memory.reset_states()
    print(np.allclose(again.predict(x, batch_size=2, verbose=0), model.predict(x, batch_size=2, verbose=0)))
    try:
        model.predict(x[:3], batch_size=3, verbose=0)
    except Exception:
        print("refused")
    try:
        keras.Sequential([keras.Input((3, 2)), cls(3, stateful=True)])
    except ValueError:
        print("refused")
