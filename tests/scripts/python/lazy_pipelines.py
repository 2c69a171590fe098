log = []
def numbers():
    for i in range(5):
        log.append(f"make {i}")
        yield i
def doubled(items):
    for i in items:
        log.append(f"double {i}")
        yield 2 * i
pipeline = (x + 1 for x in doubled(numbers()) if x != 4)
print(log, next(pipeline), next(pipeline), log)
print(list(pipeline), len(log))
def take(n, items):
    for i, item in enumerate(items):
        if i >= n: return
        yield item
def naturals(n=0):
    while True:
        yield n
        n += 1
print(list(take(3, (n * n for n in naturals(4)))), list(take(2, "abc")), list(take(9, [])))
def chunks(items, size):
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk: yield chunk
print(list(chunks(range(7), 3)))
def averager():
    total = count = 0
    average = None
    while True:
        value = yield average
        total += value
        count += 1
        average = total / count
a = averager()
next(a)
print([a.send(v) for v in (10, 20, 60)])
a.close()
try: a.send(1)
except StopIteration: print("closed")
def guarded():
    try:
        yield 1
        yield 2
    except ValueError as e:
        yield f"handled {e}"
    finally:
        print("finally")
g = guarded()
print(next(g), g.throw(ValueError("bad")), list(g))
def returns():
    yield 1
    return "result"
def delegates():
    result = yield from returns()
    yield result
print(list(delegates()))
r = returns(); next(r)
try: next(r)
except StopIteration as stop: print("value", stop.value)
def lines(text):
    for line in text.split("\n"):
        line = line.strip()
        if not line or line.startswith("#"): continue
        key, _, value = line.partition("=")
        yield key.strip(), value.strip()
print(dict(lines("a = 1\n# no\n\n b=2 ")))
def windows(items, n):
    items = list(items)
    yield from (items[i:i + n] for i in range(len(items) - n + 1))
print(list(windows("abcd", 2)), sum(max(w) for w in windows([1, 5, 2, 4], 2)))
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
print([f for f, _ in zip(fib(), range(8))], next(f for f in fib() if f > 100))
class Stream:
    def __init__(self, items): self.items = items
    def map(self, f): return Stream(f(i) for i in self.items)
    def filter(self, f): return Stream(i for i in self.items if f(i))
    def collect(self): return list(self.items)
print(Stream(range(10)).filter(lambda x: x % 3 == 0).map(lambda x: x * x).collect())
gens = [(i * j for j in range(3)) for i in range(3)]
print([list(g) for g in gens])
print(sorted(x for x in {3, 1, 2}), ",".join(c for c in "abc"), {k: v for k, v in ((i, i * i) for i in range(3))})
x = 10
late = (x + i for i in range(2))
x = 20
print(list(late))
nested = [[1, 2], [3]]
print(list(a * b for row in nested for a in row for b in row))
def recursive(n):
    if n > 0:
        yield n
        yield from recursive(n - 1)
print(list(recursive(5)))
def interleave(*iterables):
    iterators = [iter(i) for i in iterables]
    while iterators:
        for it in iterators[:]:
            try: yield next(it)
            except StopIteration: iterators.remove(it)
print(list(interleave("ab", [1, 2, 3], (9,))))
