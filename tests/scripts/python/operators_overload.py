class Vector:
    def __init__(self, *c): self.c = tuple(c)
    def __repr__(self): return f"Vector{self.c}"
    def __add__(self, other):
        if not isinstance(other, Vector): return NotImplemented
        return Vector(*(a + b for a, b in zip(self.c, other.c)))
    def __sub__(self, other): return Vector(*(a - b for a, b in zip(self.c, other.c)))
    def __mul__(self, k):
        if isinstance(k, Vector): return sum(a * b for a, b in zip(self.c, k.c))
        return Vector(*(a * k for a in self.c))
    def __rmul__(self, k): return self * k
    def __truediv__(self, k): return Vector(*(a / k for a in self.c))
    def __floordiv__(self, k): return Vector(*(a // k for a in self.c))
    def __mod__(self, k): return Vector(*(a % k for a in self.c))
    def __pow__(self, k): return Vector(*(a ** k for a in self.c))
    def __matmul__(self, o): return self * o
    def __neg__(self): return Vector(*(-a for a in self.c))
    def __pos__(self): return self
    def __invert__(self): return "inverted"
    def __abs__(self): return sum(a * a for a in self.c) ** 0.5
    def __eq__(self, o): return isinstance(o, Vector) and self.c == o.c
    def __lt__(self, o): return abs(self) < abs(o)
    def __le__(self, o): return abs(self) <= abs(o)
    def __hash__(self): return hash(self.c)
    def __len__(self): return len(self.c)
    def __getitem__(self, i): return self.c[i]
    def __and__(self, o): return "and"
    def __or__(self, o): return "or"
    def __xor__(self, o): return "xor"
    def __lshift__(self, n): return ("lshift", n)
    def __rshift__(self, n): return ("rshift", n)
    def __iadd__(self, o):
        self.c = tuple(a + b for a, b in zip(self.c, o.c))
        return self
    def __rsub__(self, o): return ("rsub", o)
    def __int__(self): return int(self.c[0])
    def __float__(self): return float(self.c[0])
    def __index__(self): return int(self.c[0])
    def __round__(self, n=0): return ("round", n)
a, b = Vector(1, 2), Vector(3, 4)
print(a + b, a - b, a * 2, 2 * a, a * b, a @ b, b / 2, b // 2, b % 2, a ** 2)
print(-a, +a, ~a, abs(b), a == Vector(1, 2), a != b, a < b, b > a, a <= b, b >= a)
print(a & b, a | b, a ^ b, a << 1, a >> 2, 5 - a, {a: "key"}[Vector(1, 2)])
alias = a
a += b
print(a, alias is a, len(a), a[0], list(a), int(b), float(b), [10, 20, 30, 40][b], round(a, 2))
for bad in (lambda: a + 1, lambda: 1 + a, lambda: a > 1, lambda: "x" - a if False else "x" + a):
    try:
        print(bad())
    except (TypeError, AttributeError) as e:
        print(type(e).__name__, e)
print(sorted([Vector(3, 3), Vector(1, 1), Vector(2, 2)]), max(Vector(1, 1), Vector(5, 0)))
class Money:
    def __init__(self, cents): self.cents = cents
    def __eq__(self, other): return self.cents == other.cents
try: hash(Money(1))
except TypeError as e: print(e)
class Eq:
    def __eq__(self, o): return True
    def __ne__(self, o): return "ne"
print(Eq() == 5, 5 == Eq(), Eq() != 1, [1] == [Eq()])
class Radd:
    def __radd__(self, o): return ("radd", o)
print(1 + Radd(), sum([Radd()], 0) if False else "ok", [1] + [2], "a" + "b")
class Imul:
    def __mul__(self, o): return "mul"
x = Imul(); x *= 3; print(x)
class LT:
    def __init__(self, v): self.v = v
    def __lt__(self, o): return self.v < o.v
    def __repr__(self): return f"LT({self.v})"
print(LT(1) > LT(0), sorted([LT(2), LT(1)]), min(LT(3), LT(2)))
print(1 == 1.0, True == 1, "1" == 1, None == 0, [] == (), (1, 2) < (1, 3), [1] < [1, 0], "a" < "b")
try: 1 < "a"
except TypeError as e: print(e)
try: [1] + (2,)
except TypeError as e: print(e)
try: "a" + 1
except TypeError as e: print(e)
try: "a" - "b"
except TypeError as e: print(e)
try: -"a"
except TypeError as e: print(e)
try: None + 1
except TypeError as e: print(e)
s1, s2 = "ab", "b"
try: print(s1 - s2)
except TypeError as e: print(e)
print("ab" * 2, 2 * [0], (1,) * 3, "a" in "cat", 3 not in [1, 2])
