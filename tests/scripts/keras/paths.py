# The paths of variables: the names of the layers that were being built or called when they were made.
import keras
import numpy as np
from keras import layers


def show(title, model):
    print(title, [(v.path, v.name) for v in model.weights])


show("sequential", keras.Sequential([layers.Input((4,)), layers.Dense(2, name="a"), layers.Dense(3)]))
model = keras.Sequential([layers.Dense(2), layers.BatchNormalization()])
show("not built", model)
model.build((None, 3))
show("built", model)
model = keras.Sequential([layers.Dense(2)], name="named")
model(np.zeros((1, 2)))
show("called", model)
model = keras.Sequential()
model.add(layers.Input((3,)))
model.add(layers.Dense(2))
model.add(layers.Dense(2))
show("added", model)

inputs = keras.Input((4,))
hidden = layers.Dense(3, name="h")(inputs)
show("functional", keras.Model(inputs, layers.Dense(1)(hidden), name="func"))
inner = keras.Sequential([layers.Input((4,)), layers.Dense(2)], name="inner")
show("nested", keras.Sequential([layers.Input((4,)), inner, layers.Dense(2)], name="outer"))
inner = keras.Sequential([layers.Dense(2), layers.Dense(3)], name="late")
outer = keras.Sequential([inner, layers.Dense(2)], name="around")
outer.build((None, 4))
show("nested, built with the outer one", outer)
inputs = keras.Input((4,))
deep = keras.Sequential([layers.Dense(2)], name="deep")
show("nested in a functional one", keras.Model(inputs, deep(inputs)))


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(2)
        self.block = keras.Sequential([layers.Dense(3), layers.Dense(1)], name="block")
        self.v = self.add_weight(shape=(2,), name="v")

    def call(self, x):
        return self.block(self.first(x))


own = Own()
show("own, not called", own)
own(np.zeros((1, 4)))
show("own", own)


class Mixed(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 2), name="w")
        self.dense.build(shape)

    def call(self, x):
        return self.dense(x) + x @ self.w


class Wrapped(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


mixed, wrapped = Mixed(name="mixed"), Wrapped(name="wrapped")
mixed(np.zeros((1, 4)))
wrapped(np.zeros((1, 4)))
show("a layer that builds", mixed)
show("a layer that does not", wrapped)
show("both in a model", keras.Sequential([layers.Input((4,)), Mixed(name="p"), Wrapped(name="q")]))
lone = layers.Dense(2)
lone.build((None, 3))
show("alone", lone)
show("recurrent", keras.Sequential([layers.Input((4, 3)), layers.LSTM(2)]))
query = keras.Input((4, 3))
show("attention", keras.Model(query, layers.MultiHeadAttention(2, 2)(query, query)))

model = keras.Sequential([layers.Input((4,)), layers.Dense(2)], name="trained")
show("cloned", keras.models.clone_model(model))
