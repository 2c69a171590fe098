def tries(*functions):
    for f in functions:
        try:
            print(f())
        except TypeError as error:
            print("TypeError:", error)

def local():
    a, b, n = "a", "b", None
    tries(
        lambda: a + n, lambda: n + a, lambda: "a" + None, lambda: None + "a", lambda: a - b, lambda: a * b,
        lambda: a + b + "c", lambda: a * 2 + b, lambda: n + n, lambda: a + 1, lambda: 1 + a, lambda: True + 1,
        lambda: a < n, lambda: n < n, lambda: -a, lambda: a / 2, lambda: [] + a,
    )
    def direct():
        x = "text"
        y = None
        try:
            return x + y
        except TypeError as error:
            return str(error)
    def direct_minus():
        x, y = "text", "t"
        try:
            return x - y
        except TypeError as error:
            return str(error)
    print(direct(), direct_minus())
    x = "yes" if n else "no"
    y = n or "default"
    x += y
    print(x, y, x + y, x == "nodefault", x != y, x > y, x in ["nodefault"])
    while (line := "end") != "end":
        pass
    print(line + "!")
    s = ""
    for c in "abc":
        s = c + s
        s += "-"
    print(s, len(s), s[0] + s[-1], "x" + s * 2)
local()
