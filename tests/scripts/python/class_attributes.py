class Config:
    defaults = {"lr": 0.1}
    count = 0
    def __init__(self, **kw):
        self.values = {**self.defaults, **kw}
        Config.count += 1
        self.count += 10
a, b = Config(), Config(lr=1, size=3)
print(a.values, b.values, Config.count, a.count, b.count)
Config.defaults["new"] = 1
print(a.defaults is Config.defaults, Config().values)
a.defaults = {}
print(a.defaults, Config.defaults, "defaults" in vars(a), "defaults" in vars(b))
del a.defaults
print(a.defaults)
class Base:
    kind = "base"
    def who(self): return self.kind
class Child(Base):
    kind = "child"
print(Base().who(), Child().who(), Child.who(Base()))
c = Child()
c.kind = "own"
print(c.who(), Child.kind)
Base.added = lambda self: "added " + self.kind
print(c.added(), Child().added())
c.method = lambda: "bound to nothing"
print(c.method())
class Counter:
    instances = []
    def __init__(self): self.instances.append(self)
Counter(); Counter()
print(len(Counter.instances))
class Constants:
    A = 1
    B = A + 1
    NAMES = [A, B]
    def total(self): return self.A + self.B
    class Inner:
        value = 5
    def make(self): return self.Inner()
print(Constants.B, Constants.NAMES, Constants().total(), Constants.Inner.value, Constants().make().value)
class Chain:
    def __init__(self): self.log = []
    def a(self): self.log.append("a"); return self
    def b(self, n=1): self.log.extend("b" * n); return self
print(Chain().a().b(2).a().log)
class Node:
    def __init__(self, v): self.v, self.children, self.parent = v, [], None
    def add(self, *nodes):
        for n in nodes:
            n.parent = self
            self.children.append(n)
        return self
    def depth(self): return 0 if self.parent is None else 1 + self.parent.depth()
    def show(self, indent=0):
        print("  " * indent + str(self.v))
        for c in self.children: c.show(indent + 1)
root = Node("root").add(Node("x").add(Node("x1"), Node("x2")), Node("y"))
root.show()
print(root.children[0].children[1].depth(), root.children[1].parent is root)
class WithStr:
    def __str__(self): return "str"
class WithRepr:
    def __repr__(self): return "repr"
print(WithStr(), [WithRepr()], str(WithRepr()), f"{WithStr()} {WithRepr()}", {"k": WithRepr()}, (WithRepr(),))
print(getattr(c, "kind"), getattr(c, "nope", None), hasattr(c, "who"), sorted(vars(c)))
for name in ("kind", "other"):
    setattr(c, name, name.upper())
print(c.kind, c.other, c.__class__.__name__, type(c).__mro__[1].__name__, isinstance(c, (int, Base)))
class Same:
    def __init__(self, v): self.v = v
    def __eq__(self, o): return self.v == o.v
    def __hash__(self): return hash(self.v)
print(len({Same(1), Same(1), Same(2)}), Same(1) in [Same(2), Same(1)], [Same(3)].index(Same(3)), Same(1) is Same(1))
print(bool(Base()), id(c) == id(c), c is not Child())
class Meta1: pass
print(Meta1.__name__, Meta1.__doc__, Meta1().__class__ is Meta1, Meta1.__bases__ == (object,), issubclass(Meta1, object))
