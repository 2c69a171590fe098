class Model:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def scale(x):
    return x / zero()


def zero():
    return 0


model = Model([lambda x: x + 1, scale])
print(model.forward(
    3,
))
