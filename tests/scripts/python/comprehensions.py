print([x ** 2 for x in range(6)], [x for x in range(20) if x % 3 == 0 if x % 2 == 0])
print({x: x ** 2 for x in range(4)}, {c.upper() for c in "a"}, sorted({len(w) for w in ["a", "bb", "cc"]}))
print([[r * 3 + c for c in range(3)] for r in range(2)])
print([(x, y) for x in "ab" for y in range(2)], [x for row in [[1, 2], [3]] for x in row])
words = ["apple", "bob", "cat"]
print({w: len(w) for w in words if len(w) > 3}, {v: k for k, v in {"a": 1}.items()})
print([w if len(w) < 4 else w[:3] + "..." for w in words], [i for i, w in enumerate(words) if "a" in w])
print(sum(x for x in range(5)), max(len(w) for w in words), any(w == "bob" for w in words), all([]))
print(",".join(str(x) for x in range(3)), list(zip(*[[1, 2], [3, 4]])), dict(zip("ab", [1, 2])))
n = 10
print([n for n in range(3)], n)
fs = [lambda x, i=i: x * i for i in range(3)]
print([f(10) for f in fs], [f() for f in [lambda: j for j in range(3)]])
print([a + b for a, b in [(1, 2), (3, 4)]], [first for first, *rest in [(1, 2, 3), (4,)]])
def f():
    base = 10
    return [base + x for x in range(3)], {k: base for k in "ab"}, list(base * y for y in range(2))
print(f())
matrix = [[1, 2, 3], [4, 5, 6]]
print([[row[i] for row in matrix] for i in range(3)], [sum(row) for row in matrix])
primes = [p for p in range(2, 40) if all(p % d for d in range(2, int(p ** 0.5) + 1))]
print(primes)
class C:
    items = [1, 2, 3]
    doubled = [i * 2 for i in items]
    as_dict = {i: str(i) for i in items}
print(C.doubled, C.as_dict)
print([y := 5, y ** 2], [last := x for x in range(3)], last)
print([x for x in (lambda: [1, 2])()], [[] for _ in range(2)], [None for _ in ()])
print({(a, b): a * b for a in range(2) for b in range(2)}, {frozenset([1]): 2} == {frozenset([1]): 2})
it = (x for x in [1, 2, 3])
print(next(it), list(it), list(it))
g = ((x, y) for x in range(2) for y in range(x + 1))
print(list(g), list(x for x in range(3) if x != 1))
total = 0
print([total := total + v for v in [1, 2, 3]], total)
print([c for c in "hello" if c not in "aeiou"], "".join(reversed("abc")), [*map(str, range(3))])
nested = {"a": [1, 2], "b": [3]}
print([(k, v) for k, vs in nested.items() for v in vs], {k: sum(v) for k, v in nested.items()})
print(sorted([(v, k) for k, v in {"x": 2, "y": 1}.items()]), [bool(x) for x in (0, "", None, [], "a", 1)])
