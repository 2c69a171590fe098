a, b = 1, 2
a, b = b, a
print(a, b)
first, *middle, last = range(6)
print(first, middle, last)
*head, tail = "abc"
print(head, tail)
(a, b), [c, *d], e = (1, 2), [3, 4, 5], {"k": 1}
print(a, b, c, d, e)
x = y = z = []
x.append(1)
print(x, y, z is x)
for i, (p, *q) in enumerate([(1, 2, 3), (4,)]):
    print(i, p, q)
print([*range(3), *"ab"], (*[1], 2), {*[1, 2], *[2, 3]}, {**{"a": 1}, "b": 2, **{"a": 3}})
for bad in ("a, b = [1]", "a, b = 1, 2, 3", "a, *b = ()", "a, b = 5"):
    pass
def unpack(n):
    try:
        if n == 0: a, b = [1]
        if n == 1: a, b = [1, 2, 3]
        if n == 2: a, b, *c = [1]
        if n == 3: a, b = 5
        if n == 4: (a, b), c = [1, 2], 3; return a + b + c
        if n == 5:
            for a, b in [(1, 2), (3,)]: pass
        if n == 6: a, b = {"x": 1, "y": 2}; return a + b
        if n == 7: a, b = (i * i for i in range(3))
    except (ValueError, TypeError) as error:
        return str(error)
for n in range(8): print(unpack(n))
data = {"list": [1, 2, 3]}
data["list"][0], data["new"] = 10, 20
print(data)
class Box: pass
box = Box()
box.a, box.b = 1, 2
box.a, box.b = box.b, box.a
print(box.a, box.b)
i = 0
values = [0, 0, 0]
i, values[i] = 1, 5
print(i, values)
nested = [[1, [2, 3]], [4, [5, 6]]]
print([a + b + c for a, (b, c) in nested])
def returns(): return 1, (2, 3)
one, (two, three) = returns()
print(one, two, three)
(only,) = [7]
[also] = (8,)
print(only, also)
t = 1,
print(t, type(()), len((1,)))
n = [1, 2, 3, 4]
n[1:3] = [20]
print(n)
n[::2] = ["a", "b"]
print(n)
del n[0], n[0]
print(n)
s = [5, 6, 7, 8, 9]
print(s[1:3], s[-2:], s[::-1], s[::2], s[10:], s[:-1], s[3:1])
del s[1:3]
print(s, s[slice(0, 2)])
m = [[0] * 3 for _ in range(2)]
m[1][2] = 7
print(m)
x = 5
x += 2; x -= 1; x *= 3; x //= 2; x **= 2; x %= 50; x |= 64; x &= 127; x ^= 1; x <<= 2; x >>= 1
print(x)
x /= 4
print(x)
lst = [1]
other = lst
lst += (2, 3)
lst *= 2
print(other, lst is other)
tup = (1,)
before = tup
tup += (2,)
print(tup, before)
d = {"n": 1}
d["n"] += 5
d |= {"m": 2}
print(d)
counts = {}
for ch in "hello": counts[ch] = counts.get(ch, 0) + 1
print(counts)
calls = []
def idx(): calls.append("idx"); return 0
arr = [1]
arr[idx()] += 1
print(arr, calls)
