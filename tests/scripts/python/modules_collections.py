# collections, itertools, functools, operator, heapq, bisect, copy.
from collections import Counter, defaultdict, OrderedDict, deque, namedtuple
import itertools, functools, operator, heapq, bisect, copy
c = Counter("mississippi"); print(c, c["s"], c["zz"], c.most_common(2), c.most_common(), sum(c.values()), list(c.elements())[:3], c.total())
c.update("miss"); c["new"] += 5; print(c, c - Counter(s=3), c + Counter(a=1), c & Counter(s=1), c | Counter(z=1), dict(c), Counter(a=1, b=2), Counter({"x": 3}), Counter([1, 1, 2]), Counter(), len(c), "s" in c, isinstance(c, dict), sorted(c), max(c, key=c.get))
c.subtract({"s": 10}); print(c["s"], Counter(a=1) == Counter(a=1), Counter(a=1) == {"a": 1}); del c["s"]; del c["not there"]
d = defaultdict(list); d["a"].append(1); d["b"]; print(d, dict(d), d.get("zz"), len(d)); n = defaultdict(int)
for w in "the cat the dog".split(): n[w] += 1
print(n, n["x"], defaultdict(lambda: 5)["q"], defaultdict(int, {"a": 1}), n == {"the": 2, "cat": 1, "dog": 1, "x": 0})
o = OrderedDict([("a", 1), ("b", 2)]); o.move_to_end("a"); print(o, o.popitem(last=False), list(o), OrderedDict(a=1) == OrderedDict(a=1))
q = deque([1, 2, 3], maxlen=4); q.append(4); q.append(5); q.appendleft(0); print(q, q.pop(), q.popleft(), q[0], len(q), list(q), deque("abc"), 2 in q); q.rotate(1); print(q); q.extend([7, 8]); q.extendleft([9]); print(q, deque([1]) == deque([1])); q.clear(); print(q, bool(q))
Point = namedtuple("Point", ["x", "y"]); p = Point(1, y=2); print(p, p.x, p[1], p == (1, 2), p + (3,), p._replace(x=5), p._asdict(), Point._fields, tuple(p), len(p), isinstance(p, tuple), [*p], Point(3, 4) > p, hash(p) == hash((1, 2))); x, y = p; print(x, y, Point._make([7, 8]), namedtuple("P3", "a b c", defaults=[9])(1, 2))
print(list(itertools.chain([1], "ab")), list(itertools.chain.from_iterable([[1], [2]])), list(itertools.islice(itertools.count(5), 3)), list(itertools.islice(range(10), 2, 8, 2)), list(itertools.islice(itertools.cycle("ab"), 5)), list(itertools.repeat(7, 2)), list(itertools.accumulate([1, 2, 3])), list(itertools.accumulate([1, 2, 3], operator.mul)), list(itertools.accumulate([1, 2], initial=10)))
print(list(itertools.product("ab", [1, 2])), list(itertools.product([0, 1], repeat=2)), list(itertools.permutations([1, 2, 3], 2)), list(itertools.permutations("ab")), list(itertools.combinations("abcd", 2)), list(itertools.combinations_with_replacement("ab", 2)), list(itertools.combinations([1], 2)), list(itertools.combinations([1, 2], 0)))
print(list(itertools.takewhile(lambda x: x < 3, [1, 2, 5, 1])), list(itertools.dropwhile(lambda x: x < 3, [1, 2, 5, 1])), list(itertools.compress("abc", [1, 0, 1])), list(itertools.filterfalse(lambda x: x % 2, range(5))), list(itertools.starmap(pow, [(2, 3), (3, 2)])), list(itertools.zip_longest([1, 2], "a", fillvalue="-")), list(itertools.pairwise([1, 2, 3])), [(k, list(g)) for k, g in itertools.groupby("aabbc")], [(k, len(list(g))) for k, g in itertools.groupby([1, 3, 2, 4], key=lambda x: x % 2)])
a, b = itertools.tee([1, 2]); print(list(a), list(b))
print(functools.reduce(lambda a, b: a * b, [1, 2, 3, 4]), functools.reduce(operator.add, [], 5), functools.partial(pow, 2)(5), functools.partial(int, base=2)("101"), functools.partial(print, "a", sep="-").keywords)
@functools.lru_cache(maxsize=None)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(60), fib.cache_info(), fib.__name__)
@functools.cache
def square(x):
    print("computing", x)
    return x * x
print(square(3), square(3), square.cache_info().hits)
def logged(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs) + 1
    return inner
@logged
def add(a, b):
    "Adds."
    return a + b
print(add(1, 2), add.__name__, add.__doc__)
@functools.total_ordering
class Age:
    def __init__(self, n): self.n = n
    def __eq__(self, o): return self.n == o.n
    def __lt__(self, o): return self.n < o.n
print(Age(1) <= Age(1), Age(2) > Age(1), Age(1) >= Age(2), sorted([3, 1, 2], key=functools.cmp_to_key(lambda a, b: b - a)))
print(operator.itemgetter(1)([5, 6]), operator.itemgetter("a", "b")({"a": 1, "b": 2}), operator.attrgetter("real")(5), operator.methodcaller("upper")("a"), operator.add(1, 2), operator.not_(1), operator.contains([1], 1), sorted([("b", 1), ("a", 2)], key=operator.itemgetter(1)), operator.truediv(1, 2), operator.floordiv(7, 2), operator.neg(1))
h = [5, 1, 4]; heapq.heapify(h); heapq.heappush(h, 0); print(h, heapq.heappop(h), h, heapq.nlargest(2, [1, 5, 3]), heapq.nsmallest(2, [4, 1, 3]), [heapq.heappop(h) for _ in range(len(h))], heapq.heappushpop([1, 2], 0), list(heapq.merge([1, 4], [2, 3])))
s = [1, 3, 5]; bisect.insort(s, 4); print(s, bisect.bisect_left(s, 3), bisect.bisect_right(s, 3), bisect.bisect(s, 10))
deep = {"a": [1, [2]], "t": (1, [3])}; sh = copy.copy(deep); dp = copy.deepcopy(deep); deep["a"][1].append(9); print(sh, dp, dp["t"] is deep["t"])
class Node:
    def __init__(self, v): self.v = v; self.kids = []
n = Node(1); n.kids.append(Node(2)); m = copy.deepcopy(n); m.kids[0].v = 5; print(n.kids[0].v, m.kids[0].v, copy.copy(n).kids is n.kids); n.kids.append(n); k = copy.deepcopy(n); print(k.kids[1] is k)
def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
attempt(lambda: deque().pop())
attempt(lambda: OrderedDict()["x"])
attempt(lambda: defaultdict(5))
attempt(lambda: Point(1))
attempt(lambda: Point(1, 2, 3))
attempt(lambda: functools.reduce(operator.add, []))
attempt(lambda: heapq.heappop([]))
attempt(lambda: setattr(p, "x", 5))
attempt(lambda: list(itertools.islice([1], -1)))
attempt(lambda: fib([]))
