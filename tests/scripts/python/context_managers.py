class Tracker:
    def __init__(self, name, swallow=False): self.name, self.swallow = name, swallow
    def __enter__(self):
        print("enter", self.name)
        return self
    def __exit__(self, kind, value, traceback):
        print("exit", self.name, kind.__name__ if kind else None, value)
        return self.swallow
with Tracker("a") as t:
    print("body", t.name)
with Tracker("a") as a, Tracker("b") as b:
    print(a.name, b.name)
with (Tracker("p") as p, Tracker("q")):
    print(p.name)
try:
    with Tracker("outer"):
        with Tracker("inner"):
            raise ValueError("oops")
except ValueError as e:
    print("caught", e)
with Tracker("swallows", True):
    1 / 0
print("after")
def early():
    for i in range(3):
        with Tracker(i):
            if i == 1:
                return "returned"
print(early())
for i in range(3):
    with Tracker(f"loop{i}"):
        if i == 0: continue
        break
def nested_finally():
    try:
        with Tracker("nf"):
            try:
                return "value"
            finally:
                print("inner finally")
    finally:
        print("outer finally")
print(nested_finally())
class Bad:
    def __enter__(self): raise RuntimeError("enter fails")
    def __exit__(self, *a): print("never")
try:
    with Bad(): print("never")
except RuntimeError as e: print(e)
class Replaces:
    def __enter__(self): return 1
    def __exit__(self, *a): raise KeyError("from exit")
try:
    with Replaces(): raise ValueError("x")
except KeyError as e: print(repr(e))
try:
    with 5: pass
except (TypeError, AttributeError) as e: print(type(e).__name__)
def gen():
    with Tracker("gen"):
        yield 1
        yield 2
print(list(gen()))
g = gen(); next(g); g.close()
x = []
with Tracker("sub") as x: pass
class Holder: pass
h = Holder()
with Tracker("attr") as h.t: print(h.t.name)
