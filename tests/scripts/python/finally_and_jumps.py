log = []
def f(mode):
    for i in range(3):
        try:
            log.append(("try", i))
            if mode == "return" and i == 1: return "returned"
            if mode == "break" and i == 1: break
            if mode == "continue" and i == 1: continue
            if mode == "raise" and i == 1: raise ValueError(i)
            log.append(("end", i))
        except KeyError:
            log.append("never")
        else:
            log.append(("else", i))
        finally:
            log.append(("finally", i))
    else:
        log.append("loop else")
    return "fell"
for mode in ["return", "break", "continue", "raise", "none"]:
    log.clear()
    try:
        print(mode, f(mode), log)
    except ValueError as e:
        print(mode, "raised", e, log)
def override():
    while True:
        try:
            return 1
        finally:
            print("closing")
print(override())
def value_is_computed_before():
    x = 1
    try:
        return x
    finally:
        x = 2
print(value_is_computed_before())
def swallow():
    try:
        raise ValueError
    finally:
        return "swallowed"
print(swallow())
def raise_in_finally():
    try:
        try:
            raise ValueError("first")
        finally:
            raise KeyError("second")
    except KeyError as e:
        return repr(e)
print(raise_in_finally())
def return_and_raise_in_finally():
    n = 0
    try:
        try:
            return "lost"
        finally:
            n += 1
            raise KeyError(n)
    except KeyError as e:
        return f"caught {e} once"
print(return_and_raise_in_finally())
def handlers_return():
    try:
        raise KeyError("k")
    except KeyError:
        return "handler"
    finally:
        print("finally after handler")
print(handlers_return())
def reraise():
    try:
        try:
            int("x")
        except ValueError:
            print("logging")
            raise
    except ValueError as e:
        return str(e)
print(reraise())
def nested(n):
    try:
        if n: return nested(n - 1)
        raise RuntimeError("bottom")
    finally:
        print("unwind", n)
try: nested(3)
except RuntimeError as e: print(e)
for i in range(2):
    try: continue
    finally: print("c", i)
i = 0
while True:
    try:
        i += 1
        if i < 3: continue
        break
    finally:
        print("w", i)
try:
    pass
except Exception:
    print("no")
else:
    print("else")
finally:
    print("fin")
try:
    try: raise TypeError("t")
    except (ValueError, KeyError): print("no")
    else: print("no")
    finally: print("inner")
except Exception as e: print(type(e).__name__)
