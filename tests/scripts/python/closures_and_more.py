def counter():
    n = 0
    def inc(k=1):
        nonlocal n
        n += k
        return n
    return inc
c = counter(); print(c(), c(5), c())
fs = [lambda: i for i in range(3)]
print([f() for f in fs])
fs = [lambda i=i: i for i in range(3)]
print([f() for f in fs])
def outer():
    def fact(n): return 1 if n <= 1 else n * fact(n - 1)
    return fact(10)
print(outer())
total = 0
def add(x):
    global total
    total += x
for i in range(5): add(i)
print(total, i)
def deco(f):
    def w(*a, **k):
        print("call", f.__name__, a, k)
        return f(*a, **k)
    return w
@deco
def hello(name, *, punct="!"): return "hi " + name + punct
print(hello("bob", punct="?"))
a, *b, c = 1, 2, 3, 4
print(a, b, c)
(x, y), z = (1, 2), 3
print(x, y, z)
x, y = y, x
print(x, y, 1 < 2 < 3, 1 < 3 < 2, not 1 == 2, 7 // -2, -7 % 3, -2 ** 2, 2 ** -1)
d = {k: v for k, v in zip("abc", range(3)) if v}
print(d, {i % 2 for i in range(5)}, [(i, j) for i in range(3) for j in range(i)])
if (n := len(d)) > 1: print(n)
print(f"{3.14159:.2f} {n:>5} {n=} {'a' + 'b'!r:>6} {n:0{n + 2}d} {{}}")
print(None or "x", 0 and 1, [] or 5, 1 if [] else 2)
s = "a" "b"
s += "c"
l = [1]; m = l; l += [2]; print(m, s)
print(*[1, 2], sep="-")
i = 0
while True:
    i += 1
    if i == 3: continue
    if i > 5: break
else: print("never")
print(i)
for q in []: pass
else: print("else ran")
print((lambda *a, **k: (a, k))(1, 2, z=3))
def kw(a, /, b, *, c): return a, b, c
print(kw(1, b=2, c=3))
try: kw(1, 2)
except TypeError as e: print(e)
try: kw(1, 2, 3, c=4)
except TypeError as e: print(e)
matrix = [[1, 2], [3, 4]]
matrix[0][1] += 10
print(matrix, [row[:] for row in matrix], matrix[-1][::-1])
del matrix[0]
print(matrix)
import math
print(math.pi, math.sqrt(2))
from math import sin as s2, pi
print(s2(pi/2))
