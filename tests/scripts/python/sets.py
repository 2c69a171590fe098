# Sets and frozensets (numbers print in CPython's order).
s = {3, 1, 2, 3}
print(s, len(s), 2 in s, set(), {1}, set([5, 1, 5]), set(range(10)), {10, 5, 20, 15}, set([100, 50, 25, 75, 0]))
s.add(4); s.add(4); s.discard(9); s.remove(1); s.update([7, 8], {9}); print(s)
a, b = {1, 2, 3, 4}, {3, 4, 5}
print(a | b, a & b, a - b, a ^ b, a.union([9]), a.intersection(b, [3]), a.difference([1], [2]), a.symmetric_difference(b))
print(a <= b, {3} <= a, {3} < {3}, a >= {1, 2}, a > {1}, a == {4, 3, 2, 1}, a != b, a.issubset(range(10)), a.issuperset([1]), a.isdisjoint([7]), not set())
a |= {10}; a &= {1, 2, 10}; a -= {2}; a ^= {1, 5}; print(a)
a.intersection_update({5, 6}); print(a); a.difference_update([5]); print(a); a.symmetric_difference_update([1, 2]); print(a, a.copy() is a)
f = frozenset([1, 2, 3]); print(f, f | {4}, f & {1}, {f: "key"}[frozenset([3, 2, 1])], hash(f) == hash(frozenset([3, 1, 2])), f == {1, 2, 3}, frozenset(), type(f | {1}), type({1} | f), f.union([9]))
print(sorted({"pear", "apple"}), {x % 3 for x in range(10)}, len({"a", "A", "a"}), set("hello") == {"h", "e", "l", "o"}, {1, 1.0, True}, {(1, 2), (1, 2)}, max({3, 9, 2}), sum({1, 2, 3}), list({1, 2})[0])
print({-1, -2, 0, 1}, {0.5, 1.5, 2}, {1000, 2000, 3000, 1}, set([30, 20, 10, 0, 40, 50]), {2**40, 5, 2**41}, {True, False}, set(range(20, 0, -3)))
t = {1, 2}; t.clear(); print(t, {1} in [{1}], {1, 2}.pop(), frozenset({1}) in {frozenset({1})}, {1} in {frozenset({1})})
print([x for x in {3, 1, 2}], tuple({2, 1}), dict.fromkeys({1, 2}), list(enumerate({7, 8})))
def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
attempt(lambda: {1}.remove(5))
attempt(lambda: set().pop())
attempt(lambda: {[1]})
attempt(lambda: {1} + {2})
attempt(lambda: {1} | [2])
attempt(lambda: {1} < 5)
attempt(lambda: {1}[0])
attempt(lambda: set(5))
attempt(lambda: {1}.foo)
attempt(lambda: frozenset([1]).add(2))
attempt(lambda: {1}.add())
attempt(lambda: hash({1}))
attempt(lambda: {1}.update(5))
