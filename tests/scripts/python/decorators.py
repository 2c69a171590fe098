import functools
def trace(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        result = f(*args, **kwargs)
        parts = [repr(a) for a in args] + [f"{k}={v!r}" for k, v in kwargs.items()]
        print(f"{f.__name__}({', '.join(parts)}) -> {result!r}")
        return result
    return wrapper
@trace
def add(a, b=1):
    """Adds."""
    return a + b
add(1); add(1, b=2)
print(add.__name__, add.__doc__)
class CountCalls:
    def __init__(self, f):
        self.f, self.calls = f, 0
    def __call__(self, *args):
        self.calls += 1
        return self.f(*args)
@CountCalls
def square(x): return x * x
print(square(3), square(4), square.calls)
def validate(**types):
    def decorator(f):
        def wrapper(**kwargs):
            for name, kind in types.items():
                if not isinstance(kwargs.get(name), kind):
                    raise TypeError(f"{name} must be {kind.__name__}")
            return f(**kwargs)
        return wrapper
    return decorator
@validate(name=str, age=int)
def person(name, age): return f"{name} {age}"
print(person(name="x", age=3))
try: person(name=1, age=3)
except TypeError as e: print(e)
def singleton(cls):
    instances = {}
    def get(*args):
        if cls not in instances: instances[cls] = cls(*args)
        return instances[cls]
    return get
@singleton
class Config:
    def __init__(self, v=0): self.v = v
print(Config(1) is Config(2), Config().v)
def with_methods(cls):
    cls.extra = lambda self: f"extra {self.name}"
    cls.registry = [cls.__name__]
    return cls
@with_methods
class Thing:
    def __init__(self, name): self.name = name
print(Thing("t").extra(), Thing.registry)
class Router:
    def __init__(self): self.routes = {}
    def route(self, path):
        def register(f):
            self.routes[path] = f
            return f
        return register
app = Router()
@app.route("/")
def index(): return "index"
@app.route("/about")
def about(): return "about"
print({path: f() for path, f in app.routes.items()})
class Cached:
    def __init__(self, f): self.f, self.name = f, f.__name__
    def __get__(self, instance, owner):
        if instance is None: return self
        value = self.f(instance)
        instance.__dict__[self.name] = value
        return value
class Positive:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, instance, owner): return getattr(instance, self.name)
    def __set__(self, instance, value):
        if value <= 0: raise ValueError(f"{self.name[1:]} must be positive")
        setattr(instance, self.name, value)
class Box:
    width = Positive()
    def __init__(self, width): self.width = width
b = Box(3)
print(b.width)
try: b.width = -1
except ValueError as e: print(e)
class Meter:
    @property
    @trace
    def reading(self): return 42
    @staticmethod
    @trace
    def static(x): return x
    @classmethod
    def build(cls, *args): return cls, args
m = Meter.__new__(Meter)
print(Meter.static(1), Meter.build(2)[1])
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), functools.reduce(lambda a, b: a * b, range(1, 6)), functools.partial(add, 10)(b=5))
