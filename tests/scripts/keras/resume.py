# An interrupted fit goes on with the very next batch: the same bits as a run that never stopped.
import keras
import numpy as np
from keras import layers

x = np.random.default_rng(0).random((200, 6)).astype("float32")
y = (x.sum(axis=1) > 3).astype("int64")


def make():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(16, activation="relu"), layers.Dropout(0.3), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class StopOnce(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if self.seen == 12:
            raise KeyboardInterrupt


whole = make()
expected = whole.fit(x, y, epochs=4, batch_size=20, verbose=0)

stopped = make()
try:
    stopped.fit(x, y, epochs=4, batch_size=20, verbose=0, callbacks=[StopOnce()])
    print("not stopped")
except KeyboardInterrupt:
    print("stopped")
# kerai says here: Resuming at epoch 2, batch 3.
resumed = stopped.fit(x, y, epochs=4, batch_size=20, verbose=0)

same = [np.array_equal(a, b) for a, b in zip(whole.get_weights(), stopped.get_weights())]
print(same, expected.history == resumed.history, resumed.epoch)
