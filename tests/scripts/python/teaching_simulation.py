import math
class Particle:
    dt = 0.01
    def __init__(self, x, v, m=1.0):
        self.x, self.v, self.m = x, v, m
    def step(self, force):
        a = force(self) / self.m
        self.v += a * self.dt
        self.x += self.v * self.dt
    @property
    def energy(self):
        return 0.5 * self.m * self.v ** 2 + 0.5 * self.x ** 2
spring = lambda p: -p.x
p = Particle(1.0, 0.0)
history = []
for i in range(628):
    p.step(spring)
    if i % 157 == 0:
        history.append((round(p.x, 4), round(p.v, 4), round(p.energy, 4)))
for row in history: print("x={:+.4f} v={:+.4f} E={:.4f}".format(*row))
def newton(f, df, x, tolerance=1e-12):
    for i in range(50):
        step = f(x) / df(x)
        x -= step
        if abs(step) < tolerance:
            return x, i + 1
    raise RuntimeError("no convergence")
root, n = newton(lambda x: x ** 2 - 2, lambda x: 2 * x, 1.0)
print(f"{root:.12f}", n, math.isclose(root, math.sqrt(2)))
def integrate(f, a, b, n=1000):
    h = (b - a) / n
    return h * (0.5 * f(a) + sum(f(a + i * h) for i in range(1, n)) + 0.5 * f(b))
print(round(integrate(math.sin, 0, math.pi), 5), round(integrate(lambda x: x ** 3, 0, 2), 4))
class LCG:
    def __init__(self, seed): self.state = seed
    def random(self):
        self.state = (self.state * 16807) % 2147483647
        return self.state / 2147483647
rng = LCG(7)
inside = sum(1 for _ in range(2000) if rng.random() ** 2 + rng.random() ** 2 <= 1)
print(4 * inside / 2000)
values = [rng.random() for _ in range(500)]
mean = sum(values) / len(values)
variance = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
print(f"{mean:.4f} {variance:.4f} {min(values):.4f} {max(values):.4f}")
histogram = [0] * 5
for v in values: histogram[int(v * 5)] += 1
for i, count in enumerate(histogram): print(f"{i / 5:.1f}-{(i + 1) / 5:.1f} {'*' * (count // 10)} {count}")
def moving_average(xs, k):
    window, total = [], 0.0
    for x in xs:
        window.append(x); total += x
        if len(window) > k: total -= window.pop(0)
        if len(window) == k: yield total / k
print([round(m, 2) for m in moving_average([1, 2, 3, 4, 5, 6], 3)])
def kmeans(points, centers, rounds=10):
    for _ in range(rounds):
        groups = [[] for _ in centers]
        for x, y in points:
            distances = [(x - cx) ** 2 + (y - cy) ** 2 for cx, cy in centers]
            groups[distances.index(min(distances))].append((x, y))
        centers = [
            (sum(x for x, _ in g) / len(g), sum(y for _, y in g) / len(g)) if g else c
            for g, c in zip(groups, centers)
        ]
    return centers, [len(g) for g in groups]
points = [(rng.random(), rng.random()) for _ in range(30)] + [(3 + rng.random(), 3 + rng.random()) for _ in range(20)]
centers, sizes = kmeans(points, [(0, 0), (1, 1)])
print([tuple(round(c, 3) for c in center) for center in centers], sizes)
