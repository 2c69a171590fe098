import math
import math as m, math as n
from math import pi, floor as fl, ceil
print(math.pi == m.pi == n.pi == pi, fl(2.7), ceil(2.1))
try:
    import does_not_exist_anywhere
except ImportError as e:
    print(type(e).__name__)
try:
    from math import nothing_here
except ImportError as e:
    print("ImportError")
x = 1; y = 2; print(x + y)
if x: print("one line")
for i in range(2): print(i, end=" ")
print()
class Empty: pass
def nothing(): ...
print(nothing(), Empty.__name__)
a = b = c = 0
a += 1
print(a, b, c)
assert a == 1, "a"
def doc():
    "docstring"
    return None
print(doc.__doc__)
z: int = 5
w: str
print(z)
total = (1 +
         2 +
         3)
text = "a" \
       "b"
print(total, text)
long_list = [
    1,
    2,  # comment
    3,
]
print(long_list, len(
    long_list
))
del a
try: a
except NameError as e: print(e)
global_list = []
def add(v):
    global_list.append(v)
add(1); add(2)
print(global_list)
pass
...
"a string statement"
print("a", "b", sep="", end="!\n")
print()
print(1, 2.0, None, True, "s", [1], (1,), {1: 2}, {1}, sep="|")
print(10 / 2, 7 // 2, -7 // 2, 7 % 3, -7 % 3, 7.5 // 2, 2 ** 10, 2 ** -1, 0.1 + 0.2, 1e3, 1_000)
print(0x1F, 0o17, 0b101, 1e-5, 123456789.123, 1e16, 1e15, float("inf"), -0.0, 3.0)
print(5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 4, 256 >> 2, True + True, not 0, 3 > 2 > 1)
print(abs(-3), round(2.5), round(3.567, 2), divmod(7, 2), pow(2, 5), pow(2, 5, 7), int("12"), float("1.5"), int(3.9), str(5), bool("x"))
print(1 if x else 2, (lambda: 3)(), [1, 2][0], {"a": 1}["a"], "abc"[1], (1, 2)[-1])
print(x == 1 and y == 2 or False, x is None, x is not None, [] is [], None is None)
print(isinstance(1, int), isinstance(True, int), isinstance(1.0, (int, float)), type(1) == int, type("a").__name__)
print(len("héllo"), "héllo".upper(), "ñ" > "n", ord("é"), chr(8364), "日本"[::-1])
π = 3
größe = "ü"
print(π, größe)
def umlaut(größe): return größe + 1
print(umlaut(1), umlaut(größe=2))
