class Countdown:
    def __init__(self, n): self.n = n
    def __iter__(self): return CountdownIterator(self.n)
class CountdownIterator:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration
        self.n -= 1
        return self.n + 1
c = Countdown(3)
print(list(c), list(c), [x for x in c], sum(c), max(c), 2 in c, tuple(c), sorted(c), set(c) == {1, 2, 3})
it = iter(c)
print(next(it), next(it), next(it), next(it, "done"))
try: next(it)
except StopIteration: print("stop")
a, b, d = c
print(a, b, d, *c)
for x in c: print(x, end=" ")
print()
print(list(zip(c, "abc")), list(enumerate(c)), list(map(lambda v: v * 2, c)), list(filter(lambda v: v > 1, c)))
class Seq:
    def __init__(self, data): self.data = data
    def __getitem__(self, i): return self.data[i]
    def __len__(self): return len(self.data)
s = Seq([10, 20, 30])
print(list(s), [x for x in s], 20 in s, len(s), list(reversed([1, 2])))
for i in range(len(s)): print(s[i], end=",")
print()
print(list(iter([1, 2])), list(reversed(range(3))), list(range(10, 0, -4)), range(3), len(range(0, 10, 3)), 4 in range(0, 10, 2))
it = iter("ab")
for x in it:
    print(x, list(it))
d = {"a": 1, "b": 2}
for k in d: print(k, d[k])
print(list(d.keys()), list(d.values()), list(d.items()))
try:
    for k in d: d["c" + k] = 1
except RuntimeError as e: print(e)
try: iter(5)
except TypeError as e: print(e)
try: next([1])
except TypeError as e: print(e)
try:
    for x in 5: pass
except TypeError as e: print(e)
class BadIter:
    def __iter__(self): return 5
try: list(BadIter())
except TypeError as e: print(e)
class Fib:
    def __init__(self, limit): self.limit = limit
    def __iter__(self):
        a, b = 0, 1
        while a < self.limit:
            yield a
            a, b = b, a + b
print(list(Fib(50)), [n for n in Fib(20) if n % 2 == 0])
l = [1, 2, 3]
for v in l:
    if v < 3: l.append(v + 10)
    if len(l) > 6: break
print(l)
print(list(zip([1, 2, 3], "ab")), dict(enumerate("xy")), [*zip()], sum([[1], [2]], []))
m = map(int, ["1", "2"])
print(m is iter(m), list(m), list(m))
print(all(x > 0 for x in [1, 2]), any([]), min([3, 1], key=lambda v: -v), sorted("bca", reverse=True))
