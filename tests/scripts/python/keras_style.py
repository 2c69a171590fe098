# The shapes of code that Keras programs have, without Keras.
class Layer:
    def __init__(self, name=None, **kwargs):
        if kwargs:
            raise TypeError(f"unexpected arguments {sorted(kwargs)}")
        self.name = name or type(self).__name__.lower()
        self.built = False
        self.weights = []
    def build(self, input_shape): pass
    def call(self, x, training=False): return x
    def __call__(self, x, **kwargs):
        if not self.built:
            self.build((None, len(x)))
            self.built = True
        return self.call(x, **kwargs)
    def get_config(self): return {"name": self.name}
    @classmethod
    def from_config(cls, config): return cls(**config)

class Scale(Layer):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
    def build(self, input_shape):
        self.shape = input_shape
        super().build(input_shape)
    def call(self, x, training=False):
        return [v * self.factor + (1 if training else 0) for v in x]
    def get_config(self):
        config = super().get_config()
        config.update({"factor": self.factor})
        return config

class Sequential(Layer):
    def __init__(self, layers=None, **kwargs):
        super().__init__(**kwargs)
        self.layers = list(layers or [])
    def add(self, layer): self.layers.append(layer)
    def call(self, x, training=False):
        for layer in self.layers:
            x = layer(x, training=training)
        return x
    def summary(self, print_fn=print):
        print_fn(f'Model: "{self.name}"')
        for i, layer in enumerate(self.layers):
            print_fn(f"{i:>2} {layer.name:<10} {getattr(layer, 'shape', None)}")

model = Sequential([Scale(3, name="triple"), Layer()], name="demo")
model.add(Scale(factor=0.5))
print(model([1, 2]), model([1, 2], training=True))
model.summary()
clone = Scale.from_config(model.layers[0].get_config())
print(clone.get_config(), clone([1])[0], Scale(name="x").name)
try: Scale(units=3)
except TypeError as e: print(e)

class Callback:
    def on_epoch_begin(self, epoch, logs=None): pass
    def on_epoch_end(self, epoch, logs=None): pass
class History(Callback):
    def __init__(self): self.history = {}
    def on_epoch_end(self, epoch, logs=None):
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
class EarlyStopping(Callback):
    def __init__(self, patience=1):
        self.patience, self.best, self.wait, self.stopped = patience, float("inf"), 0, None
    def on_epoch_end(self, epoch, logs=None):
        loss = logs["loss"]
        if loss < self.best:
            self.best, self.wait = loss, 0
        else:
            self.wait += 1
            if self.wait > self.patience:
                self.stopped = epoch
                raise StopTraining(epoch)
class StopTraining(Exception): pass
def fit(losses, *, epochs, callbacks=(), verbose=1):
    history = History()
    for epoch, loss in zip(range(epochs), losses):
        logs = {"loss": loss, "accuracy": 1 - loss}
        try:
            for callback in [history, *callbacks]:
                callback.on_epoch_end(epoch, logs)
        except StopTraining as stop:
            print("stopped at", stop)
            break
        finally:
            if verbose:
                print(f"Epoch {epoch + 1}/{epochs} - " + " - ".join(f"{k}: {v:.4f}" for k, v in logs.items()))
    return history
h = fit([0.9, 0.5, 0.6, 0.55, 0.7], epochs=10, callbacks=[EarlyStopping(patience=1)])
print(h.history)
def batches(x, y, batch_size=32, shuffle=False):
    for start in range(0, len(x), batch_size):
        stop = start + batch_size
        yield x[start:stop], y[start:stop]
for xb, yb in batches(list(range(5)), list("abcde"), batch_size=2): print(xb, yb)
x_train, y_train = [[1, 2], [3, 4]], [0, 1]
(x_a, y_a), (x_b, y_b) = (x_train, y_train), ([], [])
print(x_a[0][1], y_a[-1], len(x_b))
inputs = {"image": [1, 2], "text": [3]}
outputs = {key: [v / 10 for v in value] for key, value in inputs.items()}
print(outputs)
units = [64, 32, 10]
layers = [("dense", n, "relu" if i < len(units) - 1 else "softmax") for i, n in enumerate(units)]
for kind, n, activation in layers: print(f"{kind}({n}, activation={activation!r})")
