# Linear regression by hand.
data = [(x, 3 * x + 2) for x in range(10)]
w, b, rate = 0.0, 0.0, 0.01
def predict(x):
    return w * x + b
def mse(data):
    return sum((predict(x) - y) ** 2 for x, y in data) / len(data)
for epoch in range(1, 2001):
    dw = sum(2 * (predict(x) - y) * x for x, y in data) / len(data)
    db = sum(2 * (predict(x) - y) for x, y in data) / len(data)
    w -= rate * dw
    b -= rate * db
    if epoch % 400 == 0:
        print(f"epoch {epoch:4d} loss {mse(data):.6f} w {w:.4f} b {b:.4f}")

import math
def sigmoid(z):
    return 1 / (1 + math.exp(-z))
class Neuron:
    def __init__(self, n):
        self.weights = [0.0] * n
        self.bias = 0.0
    def __call__(self, inputs):
        return sigmoid(sum(w * x for w, x in zip(self.weights, inputs)) + self.bias)
    def train(self, samples, epochs=2000, rate=0.5):
        for _ in range(epochs):
            for inputs, target in samples:
                error = self(inputs) - target
                self.weights = [w - rate * error * x for w, x in zip(self.weights, inputs)]
                self.bias -= rate * error
AND = [((0, 0), 0), ((0, 1), 0), ((1, 0), 0), ((1, 1), 1)]
OR = [((a, b), int(a or b)) for a in (0, 1) for b in (0, 1)]
for name, samples in {"AND": AND, "OR": OR}.items():
    neuron = Neuron(2)
    neuron.train(samples)
    print(name, [round(neuron(x)) for x, _ in samples], [round(w, 2) for w in neuron.weights])
def softmax(scores):
    top = max(scores)
    exps = [math.exp(s - top) for s in scores]
    return [e / sum(exps) for e in exps]
print([round(p, 4) for p in softmax([1, 2, 3])], round(sum(softmax([5, 1])), 6))
class Value:
    """Scalar autograd."""
    def __init__(self, data, children=()):
        self.data, self.grad, self._children = data, 0.0, children
        self._backward = lambda: None
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = backward
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        def backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = backward
        return out
    __radd__, __rmul__ = __add__, __mul__
    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))
        def backward():
            self.grad += (1 - t * t) * out.grad
        out._backward = backward
        return out
    def backward(self):
        order, seen = [], set()
        def visit(v):
            if v not in seen:
                seen.add(v)
                for child in v._children: visit(child)
                order.append(v)
        visit(self)
        self.grad = 1.0
        for v in reversed(order): v._backward()
x, y = Value(2.0), Value(-3.0)
z = (x * y + 10 * x + y).tanh() * 2 + x * x
z.backward()
print(round(z.data, 6), round(x.grad, 6), round(y.grad, 6))
