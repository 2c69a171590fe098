class MyError(Exception):
    def __init__(self, msg, code):
        super().__init__(msg)
        self.code = code
def f(x):
    try:
        if x == 0: raise ValueError("bad")
        if x == 1: raise MyError("mine", 42)
        if x == 2: return "ret"
        if x == 3: 1 / 0
        if x == 4: {}["k"]
        if x == 5: [][3]
    except ValueError as e:
        return f"V {e}"
    except (MyError, KeyError) as e:
        return f"M {e} {e!r} {getattr(e, 'code', None)}"
    except ZeroDivisionError as e:
        print("zde", e)
    else:
        print("else")
    finally:
        print("finally", x)
    return "end"
for i in range(7):
    try:
        print(f(i))
    except Exception as e:
        print("outer", type(e).__name__, e, e.args)
def nested():
    for i in range(3):
        try:
            try:
                if i == 1: continue
                if i == 2: break
                print("body", i)
            finally:
                print("inner finally", i)
        finally:
            print("outer finally", i)
    else:
        print("no")
    return "done"
print(nested())
def ff():
    try:
        return "a"
    finally:
        print("cleanup")
print(ff())
def fo():
    try:
        return "a"
    finally:
        return "b"
print(fo())
try:
    try:
        raise KeyError("x")
    except KeyError as e:
        raise RuntimeError("wrapped") from e
except RuntimeError as e:
    print(repr(e), repr(e.__cause__))
try:
    raise
except RuntimeError as e:
    print(e)
try:
    assert 1 == 2, "msg"
except AssertionError as e:
    print(repr(e))
try:
    undefined_name
except NameError as e:
    print(e)
def u():
    print(zz)
    zz = 1
try: u()
except UnboundLocalError as e: print(e)
try:
    int("x")
except ValueError as e: print(e)
try:
    raise StopIteration(3)
except StopIteration as e: print(e.value)
def rec(n): return rec(n + 1)
try: rec(0)
except RecursionError as e: print(e)
try:
    raise Exception
except Exception as e: print(repr(e), str(e) == "")
try:
    try: raise ValueError("a")
    finally: print("f")
except ValueError as e: print("got", e)
e = 5
try: raise ValueError
except ValueError as e: pass
try: e
except NameError as x: print(x)
