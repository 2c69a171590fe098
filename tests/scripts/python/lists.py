# Lists: methods, slices, sorting, comparison.
a = [3, 1, 2]
a.append(4); a.extend([5, 6]); a.extend("xy"); a.insert(0, "first"); a.insert(-1, "before last"); a.insert(100, "end")
print(a, len(a), a.index(2), a.count(1), a.pop(), a.pop(0), a.pop(-2))
a.remove("x") if "x" in a else None
print(a, 3 in a, "z" in a, a[::-1], a[1:3], a[-2:], a[::2], a[10:], a[:-1])
b = a.copy(); b.reverse(); b.clear(); print(b, a is b, bool(b))
n = list(range(10))
n[2:5] = [20]; print(n)
n[1:1] = [7, 8, 9]; print(n)
n[::2] = [0] * len(n[::2]); print(n)
del n[0]; del n[1:3]; del n[::2]; print(n)
n[:] = range(3); print(n)
n += [9]; n *= 2; print(n, n + [1], [0] * 3, 2 * [1, 2])
n = [5, 2, 9, 1]; n.sort(); print(n); n.sort(reverse=True); print(n)
words = ["banana", "Apple", "cherry", "date"]
words.sort(key=len); print(words)
words.sort(key=str.lower, reverse=True); print(words, sorted(words), sorted(words, key=lambda w: (len(w), w)))
pairs = [(1, "b"), (0, "z"), (1, "a"), (0, "y")]
print(sorted(pairs), sorted(pairs, key=lambda p: p[0]), sorted(pairs, key=lambda p: p[0], reverse=True), min(pairs), max(pairs, key=lambda p: p[1]))
print([1, 2] == [1, 2], [1, 2] == [1.0, 2.0], [1, 2] < [1, 3], [1, 2] < [1, 2, 0], [2] > [1, 9], [] < [1], [1] == (1,), [[1], [2]] == [[1], [2]])
nested = [[0] * 2 for _ in range(2)]; nested[0][1] = 5; print(nested, sum(nested, []))
alias = [[]] * 2; alias[0].append(1); print(alias)
r = [1]; r.append(r); print(r, len(r))
print(list("abc"), list((1, 2)), list({"a": 1}), list(range(0, 10, 3)), list(enumerate("ab")), list(zip([1, 2], "ab")), [*range(3), *"ab"])
first, *middle, last = [1, 2, 3, 4]; print(first, middle, last)
print([x * y for x in range(3) for y in range(3) if x != y], [[j for j in range(i)] for i in range(3)])
print(any([0, "", 3]), all([1, "a"]), any([]), all([]), sum(x * x for x in range(5)), max([1, 5, 3]), min([4, 2], default=0), max([], default=-1))
print(list(reversed([1, 2, 3])), list(map(lambda x: x + 1, [1, 2])), list(filter(None, [0, 1, "", "a"])), list(filter(lambda x: x > 1, [1, 2, 3])))
t = (1, 2, 3, 2); print(t.count(2), t.index(3), t + (4,), t * 2, t[1:], t[::-1], (1,), (), len(t), t == (1, 2, 3, 2), (1, 2) < (1, 3), hash((1, 2)) == hash((1, 2)))
it = iter([1, 2]); print(next(it), next(it), next(it, "done"))
def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
attempt(lambda: [1][5])
attempt(lambda: [1]["a"])
attempt(lambda: [1][1.0])
attempt(lambda: (1,)[3])
attempt(lambda: (1,)["a"])
attempt(lambda: [].pop())
attempt(lambda: [1].pop(3))
attempt(lambda: [1].remove(2))
attempt(lambda: [1].index(2))
attempt(lambda: (1,).index(2))
attempt(lambda: [1].append())
attempt(lambda: [1].append(1, 2))
attempt(lambda: [1].insert(1))
attempt(lambda: [1] + (2,))
attempt(lambda: (1,) + [2])
attempt(lambda: [1] + 2)
attempt(lambda: [1] * "a")
attempt(lambda: [1] * 1.5)
attempt(lambda: [1] < 2)
attempt(lambda: [1] < ["a"])
attempt(lambda: sorted([1, "a"]))
attempt(lambda: sorted([None, 1]))
attempt(lambda: min([]))
attempt(lambda: max())
attempt(lambda: [1].foo)
attempt(lambda: [1, 2][::0])
attempt(lambda: [1].extend(5))
attempt(lambda: next(iter([])))
attempt(lambda: next([1]))
attempt(lambda: iter(5))
attempt(lambda: list(zip([1], [1, 2], strict=True)))
attempt(lambda: [].sort(5))
attempt(lambda: {}[[1]])
attempt(lambda: hash([1]))
attempt(lambda: range(1.5))
attempt(lambda: range(1, 5, 0))
attempt(lambda: enumerate(5))
attempt(lambda: zip(1, 2))
attempt(lambda: list(map(lambda: 1)))
def assign():
    t = (1, 2)
    t[0] = 5
attempt(assign)
def assign_far():
    a = []
    a[0] = 1
attempt(assign_far)
def extended():
    a = [1, 2, 3, 4]
    a[::2] = [1]
attempt(extended)
def delete():
    t = (1, 2)
    del t[0]
attempt(delete)
a, b = 1, 2
def unpack():
    a, b = [1, 2, 3]
attempt(unpack)
def unpack_less():
    a, b, c = [1, 2]
attempt(unpack_less)
