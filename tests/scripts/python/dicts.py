# Dicts: order, methods, views, merging.
d = {"b": 1, "a": 2}
d["c"] = 3; d["b"] = 10
print(d, len(d), "a" in d, "z" in d, d["a"], d.get("z"), d.get("z", 0), list(d), sorted(d))
print(d.keys(), d.values(), d.items(), list(d.items())[0], dict(d) == d, d == {"a": 2, "b": 10, "c": 3})
print(d.pop("a"), d.pop("zz", None), d, d.popitem(), d, d.setdefault("n", []), d.setdefault("b", 5), d)
d.update({"x": 1}, y=2); d.update([("z", 3)]); d.update(w=4); print(d)
print({**d, "b": 0}, d | {"new": 1}, {"a": 1} | {"a": 2}, dict(a=1, b=2), dict([("k", "v")]), dict(zip("ab", [1, 2])), dict({"a": 1}, b=2), dict.fromkeys("ab"), dict.fromkeys([1, 2], 0))
e = {"a": 1}; e |= {"b": 2}; e |= [("c", 3)]; print(e)
del e["a"]; print(e); f = e.copy(); f["q"] = 1; print(e, f); f.clear(); print(f, bool(f))
print({1: "int", 1.0: "float", True: "bool"}, {(1, 2): "t", None: "n", "s": 1, 2.5: 3}, {x: x * x for x in range(4)}, {k: v for k, v in zip("ab", "xy") if k != "a"})
for k in {"x": 1, "y": 2}: print(k, end=" ")
for k, v in {"x": 1, "y": 2}.items(): print(k, v, end="; ")
for i, (k, v) in enumerate({"x": 1}.items()): print(i, k, v)
print(d.keys() & {"x", "q"}, d.keys() - {"x", "y", "z", "w", "n"}, {"a": 1}.items() == {"a": 1}.items(), "x" in d.keys(), 1 in d.values(), ("x", 1) in d.items(), len(d.keys()), {1: 2}.keys() | {3})
print(list(reversed({"a": 1, "b": 2})), list(reversed({"a": 1, "b": 2}.values())), max({"a": 3, "b": 1}, key={"a": 3, "b": 1}.get), sum({"a": 3, "b": 1}.values()), min({3: 0, 1: 0}), sorted({"b": 1, "a": 2}.items(), key=lambda kv: kv[1]))
nested = {"a": {"b": [1, {"c": None}]}}; print(nested, nested["a"]["b"][1]["c"]); nested["self"] = nested; print(nested)
view = e.keys(); e["late"] = 0; print(view, {}, {}.keys(), {}.items())
counts = {}
for ch in "mississippi": counts[ch] = counts.get(ch, 0) + 1
print(counts, sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))
groups = {}
for w in ["apple", "avocado", "bean", "beet", "cherry"]: groups.setdefault(w[0], []).append(w)
print(groups, {k: len(v) for k, v in groups.items()})
def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
attempt(lambda: {}["x"])
attempt(lambda: {1: 2}[3])
attempt(lambda: {}[(1, 2)])
attempt(lambda: {}.pop("x"))
attempt(lambda: {}.popitem())
attempt(lambda: {[1]: 2})
attempt(lambda: {{}: 2})
attempt(lambda: {}.get())
attempt(lambda: {} + {})
attempt(lambda: {} < {})
attempt(lambda: dict([1, 2]))
attempt(lambda: dict(["abc"]))
attempt(lambda: dict(5))
attempt(lambda: {}.foo)
attempt(lambda: {"a": 1}.a)
attempt(lambda: {}.update(5))
attempt(lambda: {}[[]])
attempt(lambda: [] in {})
attempt(lambda: {} | [])
attempt(lambda: {"key": 1}["kay"])
def delete():
    d = {}
    del d["x"]
attempt(delete)
def grow():
    d = {1: 1}
    for k in d: d[k + 1] = 1
attempt(grow)
