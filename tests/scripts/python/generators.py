def count(n):
    i = 0
    while i < n:
        yield i
        i += 1
print(list(count(4)), sum(count(5)))
g = count(3)
print(next(g), next(g), next(g), next(g, "end"))
def inf():
    n = 0
    while True:
        yield n
        n += 1
for v in inf():
    if v > 3: break
    print(v, end=" ")
print()
def sub():
    r = yield from count(2)
    print("r", r)
    yield from "ab"
    return 7
print(list(sub()))
def outer():
    x = yield from sub()
    print("got", x)
print(list(outer()))
def echo():
    while True:
        got = yield
        if got is None: break
        print("echo", got)
e = echo(); next(e); e.send("hi"); e.send(3)
try: e.send(None)
except StopIteration: print("stopped")
def cleanup():
    try:
        yield 1
        yield 2
    finally:
        print("cleaned")
for v in cleanup():
    print(v); break
c = cleanup(); next(c); c.close()
def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)
print(list(tree(4)))
sq = (x * x for x in range(10) if x % 2)
print(next(sq), list(sq), any(x > 3 for x in range(10)), max((len(w), w) for w in ["a", "bbb"]))
def boom():
    yield 1
    raise ValueError("inside")
try:
    for v in boom(): print(v)
except ValueError as e: print("caught", e)
def batches(data, size):
    for i in range(0, len(data), size):
        yield data[i:i + size]
print([b for b in batches(list(range(7)), 3)])
print(dict((k, v) for k, v in [("a", 1)]), sorted((y for y in [3, 1, 2]), reverse=True))
a, b = (i for i in range(2))
print(a, b)
def fibo():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
import itertools
f = fibo()
print([next(f) for _ in range(10)])
g = (i for i in range(3))
print(type(g).__name__, 2 in g, list(g))
def throwing():
    try:
        yield 1
    except KeyError as e:
        print("in gen", repr(e)); yield "handled"
t = throwing(); next(t); print(t.throw(KeyError("k")))
print([*count(3), *"xy"], {**{"a": 1}}, (*count(2),))
n = [1, 2, 3]
gg = (n * k for k in n)
print(list(gg))
class Tree:
    def __init__(self, v, l=None, r=None): self.v, self.l, self.r = v, l, r
    def __iter__(self):
        if self.l: yield from self.l
        yield self.v
        if self.r: yield from self.r
print(list(Tree(2, Tree(1), Tree(3))))
class Count:
    def __init__(self, n): self.n = n; self.i = 0
    def __iter__(self): return self
    def __next__(self):
        if self.i >= self.n: raise StopIteration
        self.i += 1
        return self.i
print(list(Count(3)), [x for x in Count(2)], sum(Count(4)))
