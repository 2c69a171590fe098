# Functions where Keras has names: activations, initializers, regularizers, constraints; what files keep of them.
import os
import tempfile
import keras
import numpy as np
from keras import layers, ops

x = np.arange(6.0).reshape(2, 3).astype("float32") - 2
folder = tempfile.mkdtemp()


def twice(x):
    return x * 2


@keras.saving.register_keras_serializable(package="mine")
def squash(x):
    return x / (1 + ops.abs(x))


def sevens(shape, dtype=None):
    return ops.ones(shape, dtype=dtype) * 7


@keras.saving.register_keras_serializable()
def charge(weights):
    return 0.1 * ops.sum(ops.square(weights))


def outputs(activation, **arguments):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, activation=activation, kernel_initializer="ones", **arguments)])
    return np.round(model.predict(x, verbose=0), 4).tolist()


print(outputs(lambda x: x * 2))
print(outputs(twice), outputs(squash))
print(outputs(ops.tanh), outputs(ops.square))
print(outputs(keras.activations.relu), outputs(layers.LeakyReLU(negative_slope=0.5)))
print(ops.convert_to_numpy(layers.Activation(twice)(x)).tolist())
conv = layers.Conv1D(1, 2, activation=twice, kernel_initializer="ones")
print(ops.convert_to_numpy(conv(np.ones((1, 3, 1)))).tolist())
lstm = layers.LSTM(2, activation=lambda x: x, recurrent_activation=squash, kernel_initializer="ones", recurrent_initializer="zeros")
print(np.round(ops.convert_to_numpy(lstm(np.ones((1, 2, 1)))), 4).tolist())

dense = layers.Dense(2, kernel_initializer=sevens, bias_initializer=lambda shape, dtype: ops.ones(shape, dtype))
dense.build((None, 1))
print([ops.convert_to_numpy(w).tolist() for w in dense.weights])
print(layers.Dense(1, kernel_initializer=keras.initializers.Ones).kernel_initializer.__class__.__name__)
dense = layers.Dense(2, kernel_regularizer=charge, kernel_initializer="ones")
dense(x)
print([round(float(loss), 4) for loss in dense.losses])
print(dense.kernel_regularizer is charge, layers.Dense(1, activation=twice).activation is twice)
print(keras.activations.get(twice) is twice, layers.Dense(1, activation="relu").activation is keras.activations.relu)

# Gradients go through them, and constraints hold after each step.
model = keras.Sequential([
    layers.Input((3,)),
    layers.Dense(2, activation=lambda x: x * x, kernel_initializer="ones", kernel_constraint=lambda w: ops.clip(w, 0.0, 1.5)),
])
model.compile(keras.optimizers.SGD(0.01), "mse")
model.fit(x, np.ones((2, 2)), epochs=2, batch_size=2, shuffle=False, verbose=0)
print(np.round(model.get_weights()[0], 4).tolist())

# Files.
print(layers.Dense(1, activation=twice).get_config()["activation"])
print(layers.Dense(1, activation=squash).get_config()["activation"])
print(layers.Dense(1, activation=ops.tanh).get_config()["activation"])
print(layers.Dense(1, kernel_initializer=sevens).get_config()["kernel_initializer"])
print(keras.activations.serialize(squash))


def saved(activation):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, activation=activation, kernel_initializer="ones", kernel_regularizer=charge)])
    path = os.path.join(folder, "model.keras")
    model.compile("sgd", loss="mse")
    model.save(path)
    return path


path = saved(twice)
loaded = keras.models.load_model(path, custom_objects={"twice": twice})
print(np.round(loaded.predict(x, verbose=0), 4).tolist(), loaded.layers[0].activation is twice)
try:
    keras.models.load_model(path)
except Exception:
    print("twice is not known")
path = saved(squash)
loaded = keras.models.load_model(path)
print(np.round(loaded.predict(x, verbose=0), 4).tolist(), loaded.layers[0].activation is squash)
copy = keras.models.clone_model(loaded)
copy.set_weights(loaded.get_weights())
print(np.round(copy.predict(x, verbose=0), 4).tolist())


def off_by(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


model = keras.Sequential([layers.Input((3,)), layers.Dense(2, kernel_initializer="ones")])
model.compile("sgd", loss=off_by, metrics=[off_by])
model.save(path)
loaded = keras.models.load_model(path, custom_objects={"off_by": off_by})
print([round(float(v), 4) for v in loaded.evaluate(x, np.ones((2, 2)), verbose=0)])

# Variables are the same objects wherever they are looked up.
layer = layers.Dense(2)
layer.build((None, 3))
print(layer.kernel is layer.weights[0], layer.kernel is layer.kernel, layer.kernel is layer.bias)
print(id(layer.kernel) == id(layer.trainable_variables[0]), {id(layer.kernel): "kernel"}[id(layer.weights[0])])
