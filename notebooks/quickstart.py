"""Recognise handwritten digits: data, model, training, evaluation.

The same file runs on Keras itself; there it takes the digits from keras.datasets.
"""
import keras
from keras import layers

try:
    from kerai.datasets import mnist_small as digits  # bundled: 5,000 digits of MNIST
except ImportError:
    from keras.datasets import mnist as digits

keras.utils.set_random_seed(7)

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train = x_train[..., None].astype("float32") / 255
x_test = x_test[..., None].astype("float32") / 255
print(f"{len(x_train)} digits to learn from, {len(x_test)} held back")

model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(16, 5, activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(32, 5, activation="relu"),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dropout(0.5),
    layers.Dense(10, activation="softmax"),
])
model.summary()

model.compile(optimizer=keras.optimizers.Adam(0.002), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=32, epochs=12, validation_split=0.1)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"accuracy on the digits held back: {accuracy:.3f}")
