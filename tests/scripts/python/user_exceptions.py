class AppError(Exception):
    """Base of the application's errors."""
class NotFound(AppError):
    def __init__(self, name, where="store"):
        super().__init__(f"{name} not found in {where}")
        self.name = name
class Coded(AppError):
    def __init__(self, code):
        self.code = code
    def __str__(self):
        return f"code {self.code}"
for error in (AppError("plain"), NotFound("x"), Coded(7), AppError(), AppError(1, 2)):
    try:
        raise error
    except NotFound as e:
        print("NotFound", e, e.name, e.args)
    except AppError as e:
        print(type(e).__name__, str(e), repr(e), e.args, isinstance(e, Exception))
try:
    try:
        {}["missing"]
    except KeyError as e:
        raise AppError("wrapped") from e
except AppError as e:
    print(e, "|", repr(e.__cause__), type(e.__cause__).__name__)
def chain():
    try:
        int("z")
    except ValueError as e:
        return e
kept = chain()
print(type(kept).__name__, kept)
tests = [
    lambda: int("abc"), lambda: [1][5], lambda: {}["k"], lambda: 1 / 0, lambda: 1 % 0,
    lambda: "a" + 1, lambda: None.x, lambda: undefined, lambda: (1).foo, lambda: float("q"), lambda: len(5),
    lambda: [].pop(), lambda: "abc".index("z"), lambda: (1, 2)[3], lambda: {1}.remove(2), lambda: sorted([1, "a"]),
    lambda: range(1, 2, 0), lambda: [1]["a"],
]
for t in tests:
    try:
        t()
    except Exception as e:
        print(type(e).__name__, "-", e)
print(issubclass(KeyError, LookupError), issubclass(ZeroDivisionError, ArithmeticError), KeyError.__mro__[1].__name__)
print([c.__name__ for c in NotFound.__mro__])
try:
    raise ValueError("a", "b")
except ValueError as e:
    print(e, e.args, repr(e))
try:
    raise 5
except TypeError as e:
    print(e)
try:
    try:
        raise ValueError
    except 5:
        pass
except TypeError as e:
    print(e)
def validate(age):
    if not isinstance(age, int): raise TypeError(f"age must be int, not {type(age).__name__}")
    if age < 0: raise ValueError("age must be positive")
    return age
for a in (5, -1, "x"):
    try: print(validate(a))
    except (TypeError, ValueError) as e: print(f"{type(e).__name__}: {e}")
assert True, "fine"
try: assert [], f"empty {1 + 1}"
except AssertionError as e: print("assert:", e)
try: assert 0
except AssertionError as e: print(repr(e))
try: raise SystemExit(3)
except SystemExit as e: print("exit", e.code)
try: raise KeyboardInterrupt
except BaseException as e: print(repr(e))
e = ValueError("note"); e.extra = 1; print(e.extra, e == ValueError("note"))
try: raise OSError(2, "No such file")
except OSError as e: print(e, e.errno, e.strerror)
try: open("/nonexistent/file")
except FileNotFoundError as e: print("FileNotFoundError")
