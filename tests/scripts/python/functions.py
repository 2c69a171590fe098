def describe(name, *scores, sep=", ", **extra):
    text = sep.join(str(s) for s in scores)
    for key in sorted(extra):
        text += f" {key}={extra[key]}"
    return f"{name}: {text}"

print(describe("ann"))
print(describe("ann", 1, 2, 3))
print(describe("ann", *[4, 5], sep="|", **{"z": 1, "a": 2}))

def power(base, exponent=2):
    """Raises base to exponent."""
    return base ** exponent
print(power(3), power(2, 10), power(exponent=3, base=2), power.__name__, power.__doc__)

def pos_only(a, b, /, c, *, d):
    return a, b, c, d
print(pos_only(1, 2, 3, d=4), pos_only(1, 2, c=3, d=4))

def errors():
    for call in (
        lambda: power(),
        lambda: power(1, 2, 3),
        lambda: power(1, base=2),
        lambda: power(1, wrong=2),
        lambda: pos_only(1, b=2, c=3, d=4),
        lambda: pos_only(1, 2, 3),
        lambda: describe(),
        lambda: (1)(2),
    ):
        try:
            call()
        except TypeError as error:
            print("TypeError:", str(error).split(" was ")[0][:60])
errors()

compose = lambda f, g: lambda x: f(g(x))
inc = lambda x: x + 1
double = lambda x: x * 2
print(compose(inc, double)(5), compose(double, inc)(5))

def apply_n(f, n, x):
    for _ in range(n):
        x = f(x)
    return x
print(apply_n(double, 10, 1))

def memoize(f):
    cache = {}
    def wrapper(n):
        if n not in cache:
            cache[n] = f(n)
        return cache[n]
    wrapper.cache = cache
    return wrapper

@memoize
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(60), len(fib.cache))

def repeat(times):
    def decorator(f):
        def wrapper(*args, **kwargs):
            return [f(*args, **kwargs) for _ in range(times)]
        return wrapper
    return decorator

@repeat(times=3)
@memoize
def shout(word):
    return word.upper() + "!"
print(shout("hey"))

def returns_nothing():
    pass
print(returns_nothing(), (lambda: None)())
def many():
    return 1, 2, 3
a, b, c = many()
first, *rest = many()
print(a, b, c, first, rest)
def fact(n):
    return 1 if n <= 1 else n * fact(n - 1)
print(fact(20))
def hanoi(n, a="A", b="B", c="C"):
    if n == 0:
        return 0
    return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)
print(hanoi(8))
print(sorted(["banana", "kiwi", "apple"], key=len), sorted([3, -1, 2], key=lambda v: -v))
print(list(map(lambda a, b: a * b, [1, 2, 3], [4, 5, 6])), list(filter(None, [0, 1, "", "x"])))
print(max([("a", 3), ("b", 7)], key=lambda pair: pair[1]), min("hello"))
def annotated(x: int, y: "float" = 2.0) -> str:
    z: int = 3
    return f"{x} {y} {z}"
print(annotated(1))
def outer(a):
    def middle(b):
        def inner(c):
            return a + b + c
        return inner
    return middle
print(outer(1)(2)(3))
print((lambda x, *y, z=3, **w: (x, y, z, w))(1, 2, q=4))
args, kwargs = (1, 2), {"sep": "-"}
print(*args, **kwargs)
def f(a, b=None, *, c=()): return a, b, c
print(f(*[1], **{"c": 5}), f(1, *(), b=2))
