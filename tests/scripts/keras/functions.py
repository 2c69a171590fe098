# The functions of keras.losses, keras.metrics and keras.activations; pausing a tape.
import numpy as np
import tensorflow as tf
import keras

a = np.array([[0.0, 1.0], [1.0, 0.0]], dtype="float32")
b = np.array([[0.2, 0.8], [0.6, 0.4]], dtype="float32")
classes = np.array([1, 0])
x = np.array([-1.0, 0.5, 3.0, 9.0], dtype="float32")
losses, metrics, activations = keras.losses, keras.metrics, keras.activations


def show(name, values):
    print(name, [round(float(v), 4) + 0.0 for v in np.array(values).reshape(-1)])


show("mse", losses.mean_squared_error(a, b))
show("mae", losses.mean_absolute_error(a, b))
show("msle", losses.mean_squared_logarithmic_error(a, b))
show("mape", losses.mean_absolute_percentage_error(a + 1, b))
show("categorical", losses.categorical_crossentropy(a, b))
show("categorical, logits", losses.categorical_crossentropy(a, b, from_logits=True))
show("smoothed", losses.categorical_crossentropy(a, b, label_smoothing=0.1))
show("binary", losses.binary_crossentropy(a, b))
show("binary, logits", losses.binary_crossentropy(a, b, from_logits=True))
show("sparse", losses.sparse_categorical_crossentropy(classes, b))
show("huber", losses.huber(a, b, delta=0.1))
show("kl", losses.kl_divergence(a, b))
show("cosine", losses.cosine_similarity(a, b))
show("hinge", losses.hinge(a, b))
show("squared hinge", losses.squared_hinge(a, b))
show("log cosh", losses.log_cosh(a, b))
show("poisson", losses.poisson(a, b))
show("a metric", metrics.mean_squared_error(a, b))
show("binary accuracy", metrics.binary_accuracy(a, b, threshold=0.7))
show("categorical accuracy", metrics.categorical_accuracy(a, 1 - b))
show("sparse accuracy", metrics.sparse_categorical_accuracy(classes, b))
show("top k", metrics.top_k_categorical_accuracy(a, b, k=1))
show("relu", activations.relu(x))
show("relu6", activations.relu(x, max_value=6))
show("leaky", activations.relu(x, negative_slope=0.1, threshold=1.0))
show("softmax", activations.softmax(b, axis=0))
show("elu", activations.elu(x, alpha=0.5))
show("leaky_relu", activations.leaky_relu(x, negative_slope=0.3))
show("gelu", activations.gelu(x, approximate=True))

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", loss=losses.mean_squared_error, metrics=[metrics.mean_absolute_error])
print(sorted(model.fit(a, classes, verbose=0).history))

v = tf.Variable(3.0)
with tf.GradientTape(persistent=True) as tape:
    y = v * v
    with tape.stop_recording():
        z = v * v
    w = 2.0 * v
print(float(tape.gradient(y, v)), tape.gradient(z, v), float(tape.gradient(w, v)))
print(np.array(tf.constant([[1.0, 2.0]])), np.asarray(v), np.mean(tf.constant([1.0, 3.0])))
