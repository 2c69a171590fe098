class Animal:
    """An animal."""
    count = 0
    def __init__(self, name):
        self.name = name
        Animal.count += 1
    def speak(self):
        return f"{self.name} makes a sound"
    def __repr__(self):
        return f"{type(self).__name__}({self.name!r})"
class Dog(Animal):
    def __init__(self, name, breed="mutt"):
        super().__init__(name)
        self.breed = breed
    def speak(self):
        return super().speak() + " woof"
    @property
    def upper(self):
        return self.name.upper()
    @upper.setter
    def upper(self, v):
        self.name = v.lower()
    @staticmethod
    def make(n):
        return Dog(n)
    @classmethod
    def create(cls, n):
        return cls(n, "x")
d = Dog("Rex")
print(d, d.speak(), d.upper, Dog.make("a"), Dog.create("b").breed, Animal.count)
d.upper = "BOB"
print(d.name, isinstance(d, Animal), issubclass(Dog, Animal), Dog.__mro__)
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, o): return V(self.x + o.x, self.y + o.y)
    def __mul__(self, k): return V(self.x * k, self.y * k)
    __rmul__ = __mul__
    def __eq__(self, o): return isinstance(o, V) and (self.x, self.y) == (o.x, o.y)
    def __hash__(self): return hash((self.x, self.y))
    def __len__(self): return 2
    def __getitem__(self, i): return (self.x, self.y)[i]
    def __iter__(self):
        return iter((self.x, self.y))
    def __str__(self): return f"<{self.x}, {self.y}>"
    def __bool__(self): return bool(self.x or self.y)
    def __call__(self, *a, **k): return a, k
    def __contains__(self, v): return v in (self.x, self.y)
    def __neg__(self): return V(-self.x, -self.y)
    def __lt__(self, o): return self.x < o.x
a = V(1, 2)
print(str(a + V(3, 4)), str(3 * a), a == V(1, 2), a != V(1,2), len(a), a[1], list(a), bool(V(0,0)), a(1, k=2), 2 in a, str(-a), sorted([V(3,1), a])[0] is a, {a: 1}[V(1,2)])
class A:
    def f(self): return "A"
class B(A):
    def f(self): return "B" + super().f()
class C(A):
    def f(self): return "C" + super().f()
class D(B, C):
    def f(self): return "D" + super().f()
print(D().f(), [c.__name__ for c in D.__mro__])
class Account:
    def __init__(self): self.__b = 5
    def get(self): return self.__b
print(Account().get(), Account().__dict__)
try:
    Account().__b
except AttributeError as e:
    print(e)
class Ctx:
    def __enter__(self): print("enter"); return self
    def __exit__(self, t, v, tb):
        print("exit", t.__name__ if t else None, v); return t is ValueError
with Ctx() as c:
    print("in")
with Ctx():
    raise ValueError("swallowed")
def g():
    with Ctx():
        return 5
print(g())
for i in range(3):
    with Ctx():
        if i == 1: break
