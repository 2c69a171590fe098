# Comparison, identity, truth and copies across the built-in values.
values = [None, False, True, 0, 1, -1, 0.0, 1.0, 1.5, "", "a", "A", [], [1], (), (1,), {}, {1: 2}, set(), {1}, range(0), range(3), float("inf")]
for a in values:
    print(repr(a), bool(a), [i for i, b in enumerate(values) if a == b], [i for i, b in enumerate(values) if a is b and not isinstance(a, (float, int))])
def order(a, b):
    try:
        return (a < b, a <= b, a > b, a >= b)
    except TypeError as e:
        return str(e)
for a, b in [(1, 2.5), (True, 2), ("a", "b"), ([1, 2], [1, 3]), ([1], [1, 0]), ((1, "a"), (1, "b")), ({1}, {1, 2}), (1, "a"), (None, 1), ([1], (1,)), ({}, {}), ("10", "9"), ([1, "a"], [1, 2]), (range(2), range(3)), ([[1, 2], 3], [[1, 2], 4])]:
    print(a, b, order(a, b))
print(1 in [1.0], "1" in [1], (1, 2) in [(1, 2)], [1] in [[1]], None in [None], "" in "abc", 2 in range(5), "k" in {"k": 1}, 3 not in (1, 2))
a = [1, [2, 3]]; b = a; c = a[:]; c[1].append(4); c.append(5); print(a, b is a, c is a, a == b, a == c, a[1] is c[1])
x = y = []; x.append(1); print(y); p, q = 1, 2; p, q = q, p; print(p, q); (m, n), o = (1, 2), 3; print(m, n, o)
print(not [], not 0, [] or "default", 0 or None, 1 and "yes", "" and 1, None or [] or "last", 1 or 1 / 0, not not "x")
print(1 < 2 == True, (1 < 2) == True, 1 == 1.0 == True, "a" < "b" < "c", 5 > 3 > 4, 1 != 2 != 1)
print([1, 2, 3] > [1, 2], "abc" > "ab", (2,) > (1, 9, 9), max([[1, 2], [1, 3]]), sorted(["b", "B", "a", "A"]), sorted([(2, "a"), (1, "b")]), min("b", "a"), sorted([True, 0, 2]))
print(type(1 == 1), (1 == 1) + 1, int("7") == 7, str(7) == "7", [1, 2] == (1, 2), {1: [2]} == {1.0: [2]}, {"a": 1, "b": 2} == {"b": 2, "a": 1}, [0.1 + 0.2] == [0.3], [float("nan")] == [float("nan")])
