# The programs of the tf.keras overview page, with the data that they assume.
import numpy as np
x_train = np.random.rand(200, 784).astype("float32"); y_train = np.random.randint(0, 10, 200)
x_test, y_test, x_new = x_train[:50], y_train[:50], x_train[:5]
num_epochs = 1; num_classes = 5
import tensorflow as tf
train_dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(50)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(128, activation='relu', input_shape=(784,)),
    tf.keras.layers.Dropout(0.2),
    tf.keras.layers.Dense(10, activation='softmax')
])
inputs = tf.keras.Input(shape=(784,))
x = tf.keras.layers.Dense(128, activation='relu')(inputs)
x = tf.keras.layers.Dropout(0.2)(x)
outputs = tf.keras.layers.Dense(10, activation='softmax')(x)
model = tf.keras.Model(inputs=inputs, outputs=outputs)
class MyModel(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense1 = tf.keras.layers.Dense(128, activation='relu')
        self.dropout = tf.keras.layers.Dropout(0.2)
        self.dense2 = tf.keras.layers.Dense(10, activation='softmax')

    def call(self, inputs, training=False):
        x = self.dense1(inputs)
        x = self.dropout(x, training=training)
        return self.dense2(x)
m2 = MyModel()
m2.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
m2.fit(x_train, y_train, epochs=2, verbose=0)
print(m2(x_train[:2]).shape, len(m2.trainable_variables))
model.compile(
    optimizer='adam',
    loss='sparse_categorical_crossentropy',
    metrics=['accuracy']
)
history = model.fit(
    x_train, y_train,
    epochs=10,
    batch_size=32,
    validation_split=0.2, verbose=0
)
test_loss, test_acc = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_new, verbose=0)
print(predictions.shape, sorted(history.history))
optimizer = tf.keras.optimizers.Adam()
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy()

for epoch in range(num_epochs):
    for x_batch, y_batch in train_dataset:
        with tf.GradientTape() as tape:
            predictions = model(x_batch, training=True)
            loss = loss_fn(y_batch, predictions)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
print(float(loss) > 0, loss.shape)
dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train))
dataset = dataset.shuffle(buffer_size=1024).batch(32).prefetch(tf.data.AUTOTUNE)
model.fit(dataset, epochs=10, verbose=0)
cb = tf.keras.callbacks.EarlyStopping(monitor="loss", patience=1)
class Log(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("epoch", epoch, sorted(logs))
model.fit(x_train, y_train, epochs=2, callbacks=[cb, Log()], verbose=0)
class Linear(tf.keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)
    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b
m3 = tf.keras.Sequential([tf.keras.Input((784,)), Linear(16), tf.keras.layers.ReLU(), Linear(10)])
def my_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(tf.one_hot(tf.cast(y_true, tf.int32), 10) - y_pred))
m3.compile(optimizer="sgd", loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
m3.fit(x_train, y_train, epochs=1, verbose=0)
print(m3.count_params(), [w.shape for w in m3.weights])
import os, tempfile
path = os.path.join(tempfile.mkdtemp(), "overview.keras")
model.save(path)
m4 = tf.keras.models.load_model(path)
print(np.allclose(m4.predict(x_new, verbose=0), model.predict(x_new, verbose=0)))
