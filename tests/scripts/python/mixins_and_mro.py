class Logged:
    def __init__(self, *args, **kwargs):
        self.log = []
        super().__init__(*args, **kwargs)
    def note(self, text): self.log.append(text)
class Named:
    def __init__(self, name, *args, **kwargs):
        self.name = name
        super().__init__(*args, **kwargs)
class Sized:
    def __init__(self, size=0):
        self.size = size
class Thing(Logged, Named, Sized):
    def __init__(self, name, size):
        super().__init__(name, size=size)
        self.note("made")
t = Thing("box", 3)
print(t.name, t.size, t.log, [c.__name__ for c in Thing.mro()])
class Comparable:
    def __lt__(self, other): return self.key() < other.key()
    def __eq__(self, other): return self.key() == other.key()
    def __le__(self, other): return self < other or self == other
    def __gt__(self, other): return not self <= other
    def __ge__(self, other): return not self < other
class Version(Comparable):
    def __init__(self, text): self.parts = tuple(int(p) for p in text.split("."))
    def key(self): return self.parts
    def __repr__(self): return ".".join(map(str, self.parts))
versions = [Version(v) for v in ("1.10", "1.2", "0.9.1")]
print(sorted(versions), max(versions), Version("1.0") >= Version("1.0"), Version("2.0") > Version("10.0"))
class A:
    def f(self): return "A.f"
    def g(self): return "A.g calls " + self.f()
class B(A):
    def f(self): return "B.f then " + super().f()
class C(A):
    def f(self): return "C.f then " + super().f()
class D(B, C):
    pass
class E(D):
    def f(self): return "E.f then " + super().f()
    def g(self): return "E.g then " + super().g()
print(E().g(), A().g(), super(D, E()).f(), B.f(E()))
try:
    class X(A, B): pass
except TypeError: print("no consistent order")
class Plugin:
    plugins = {}
    def __init_subclass__(cls, key=None, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.plugins[key or cls.__name__.lower()] = cls
    def run(self): return type(self).__name__
class Csv(Plugin): pass
class Json(Plugin, key="js"): pass
print({k: v().run() for k, v in Plugin.plugins.items()})
class Parent:
    @classmethod
    def create(cls, *args): return cls(*args)
    @staticmethod
    def twice(x): return 2 * x
    @property
    def label(self): return "parent"
class Kid(Parent):
    @classmethod
    def create(cls, *args):
        made = super().create(*args)
        made.tag = "kid"
        return made
    @property
    def label(self): return super().label + "/kid"
k = Kid.create()
print(type(k).__name__, k.tag, k.label, k.twice(4), Kid.twice(5))
class Abstract:
    def run(self): return self.step()
    def step(self): raise NotImplementedError(f"{type(self).__name__}.step")
class Concrete(Abstract):
    def step(self): return "done"
print(Concrete().run())
try: Abstract().run()
except NotImplementedError as e: print(e)
class Point:
    def __init__(self, x=0, y=0): self.x, self.y = x, y
    def __eq__(self, o):
        if not isinstance(o, Point): return NotImplemented
        return (self.x, self.y) == (o.x, o.y)
class Point3(Point):
    def __init__(self, x=0, y=0, z=0):
        super().__init__(x, y)
        self.z = z
    def __eq__(self, o): return super().__eq__(o) and self.z == o.z
print(Point3(1, 2, 3) == Point3(1, 2, 3), Point3(1, 2, 3) == Point3(1, 2, 4), Point(1, 2) == "x", Point() != Point(1))
