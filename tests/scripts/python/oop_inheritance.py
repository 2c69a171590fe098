class Shape:
    registry = []
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Shape.registry.append(cls.__name__)
    def __init__(self, name="shape"):
        self.name = name
    def area(self):
        raise NotImplementedError("area")
    def describe(self):
        return f"{self.name} with area {self.area():.2f}"
    def __repr__(self):
        return f"<{self.__class__.__name__} {self.name}>"

class Circle(Shape):
    def __init__(self, r):
        super().__init__("circle")
        self.r = r
    def area(self):
        return 3.14159 * self.r ** 2

class Rectangle(Shape):
    def __init__(self, w, h):
        super(Rectangle, self).__init__(name="rectangle")
        self.w, self.h = w, h
    def area(self):
        return self.w * self.h

class Square(Rectangle):
    def __init__(self, side):
        super().__init__(side, side)
        self.name = "square"

for shape in [Circle(1), Rectangle(2, 3), Square(4)]:
    print(shape.describe(), shape, isinstance(shape, Rectangle))
print(Shape.registry)
try:
    Shape().describe()
except NotImplementedError as error:
    print("not implemented:", error)

class Base:
    def hello(self): return ["Base"]
class Left(Base):
    def hello(self): return ["Left"] + super().hello()
class Right(Base):
    def hello(self): return ["Right"] + super().hello()
class Bottom(Left, Right):
    def hello(self): return ["Bottom"] + super().hello()
print(Bottom().hello(), [c.__name__ for c in Bottom.__mro__], Bottom.__bases__ == (Left, Right))

try:
    class Bad(Base, Left): pass
except TypeError as error:
    print(str(error).split("\n")[0])

class Stack:
    """A stack."""
    limit = 3
    def __init__(self): self._items = []
    def push(self, item):
        if len(self._items) >= self.limit:
            raise OverflowError("stack is full")
        self._items.append(item)
        return self
    def pop(self): return self._items.pop()
    def __len__(self): return len(self._items)
    def __iter__(self): return iter(self._items)
    def __bool__(self): return bool(self._items)
    def __getitem__(self, i): return self._items[i]
    def __setitem__(self, i, v): self._items[i] = v
    def __delitem__(self, i): del self._items[i]
    def __contains__(self, v): return v in self._items
s = Stack().push(1).push(2).push(3)
print(len(s), list(s), 2 in s, s[0], s[-1], s[1:], Stack.__doc__, s.limit)
try: s.push(4)
except OverflowError as e: print(e)
s[0] = 10
del s[1]
print(list(s), bool(s), not Stack())
Stack.limit = 5
s.push(7)
print(list(s), s.limit)

class Temperature:
    def __init__(self, celsius): self._c = celsius
    @property
    def celsius(self):
        """Degrees."""
        return self._c
    @celsius.setter
    def celsius(self, value):
        if value < -273.15:
            raise ValueError("too cold")
        self._c = value
    @celsius.deleter
    def celsius(self): print("deleted")
    @property
    def fahrenheit(self): return self._c * 9 / 5 + 32
t = Temperature(25)
t.celsius = 30
print(t.celsius, t.fahrenheit)
try: t.celsius = -300
except ValueError as e: print(e)
try: t.fahrenheit = 1
except AttributeError as e: print(e)
del t.celsius

class Counter:
    total = 0
    @classmethod
    def make(cls, n): return [cls() for _ in range(n)]
    @staticmethod
    def helper(x): return x * 2
    def __init__(self):
        type(self).total += 1
Counter.make(3)
print(Counter.total, Counter.helper(4), Counter().helper(5), Counter.total)

class Point:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
p = Point(1, 2)
try: p.z = 3
except AttributeError as e: print(e)
class Dyn:
    def __getattr__(self, name):
        if name.startswith("get_"):
            return lambda: name[4:]
        raise AttributeError(f"no {name}")
    def __setattr__(self, name, value):
        super().__setattr__(name, value * 2)
d = Dyn()
d.v = 4
print(d.get_color(), d.v, hasattr(d, "zzz"), hasattr(d, "v"), getattr(d, "zzz", "default"))
setattr(d, "w", 5); print(d.w, vars(d)); delattr(d, "w"); print(d.__dict__)
class Singleton:
    _instance = None
    def __new__(cls, *args):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance
    def __init__(self, v): self.v = v
a, b = Singleton(1), Singleton(2)
print(a is b, a.v)
class Callable:
    def __call__(self, *args, **kwargs): return len(args), kwargs
print(Callable()(1, 2, k=3), callable(Callable()), callable(p))
print(type(p).__name__, type(p) is Point, isinstance(p, (int, Point)), issubclass(Square, Shape))
method = s.push
print(method.__name__, len(method(9)))
print(Stack.pop(s))
try: Point(1)
except TypeError as e: print(e)
try: p.missing
except AttributeError as e: print(e)
try: Stack.missing
except AttributeError as e: print(e)
