# predict takes as many samples at a time as it likes, but never changes what comes out.
import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(1)
x = np.random.rand(40, 3).astype("float32")
fixed = keras.Sequential([keras.Input(batch_shape=(2, 3)), layers.Dense(4, activation="relu"), layers.Dense(1)])
y = fixed.predict(x, batch_size=2, verbose=0)
print(y.shape, np.allclose(y[:2], fixed(x[:2]).numpy()))

images = np.random.rand(50, 9, 7, 3).astype("float32")
targets = images.mean((1, 2))[:, :2]
inputs = keras.Input((9, 7, 3))
h = layers.Conv2D(5, (3, 2), strides=(2, 3), padding="same")(inputs)
h = layers.ReLU()(layers.BatchNormalization()(h))
short = layers.Conv2D(5, 1, strides=(2, 3), padding="same")(inputs)
h = layers.ReLU()(layers.Add()([h, short]))
model = keras.Model(inputs, layers.Dense(2)(layers.GlobalMaxPooling2D()(h)))
model.compile("adam", "mse")
loss = model.fit(images, targets, epochs=12, batch_size=8, verbose=0).history["loss"]
print(loss[-1] < loss[0] / 3)
whole = model.predict(images, verbose=0)
by_seven = model.predict(images, batch_size=7, verbose=0)
one_by_one = np.concatenate([model(images[k : k + 1]).numpy() for k in range(50)])
print(np.abs(whole - by_seven).max() < 1e-6, np.abs(whole - one_by_one).max() < 1e-5)
