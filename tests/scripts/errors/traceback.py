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
# error
# Traceback (most recent call last):
#   File "traceback.py", line 20, in <module>
#     print(model.forward(
#   File "traceback.py", line 7, in forward
#     x = layer(x)
#   File "traceback.py", line 12, in scale
#     return x / zero()
#            ^
# ZeroDivisionError: division by zero
