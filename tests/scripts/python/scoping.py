x = "global"

def reads():
    return x

def shadows(x):
    x += "!"
    return x

def assigns():
    x = "local"
    return x

def nested():
    x = "outer"
    def inner():
        def innermost():
            return x
        return innermost()
    first = inner()
    x = "changed"
    return first, inner()

def sets_global():
    global x, fresh
    x = "set"
    fresh = 1

print(reads(), shadows("p"), assigns(), nested())
sets_global()
print(x, fresh)

def loop_variable_leaks():
    for i in range(3):
        pass
    return i
print(loop_variable_leaks())

def comprehension_does_not_leak():
    i = "kept"
    squares = [i * i for i in range(3)]
    return i, squares
print(comprehension_does_not_leak())

def late():
    functions = []
    for i in range(3):
        functions.append(lambda: i)
    return [f() for f in functions]
print(late())

def defaults_are_made_once(item, bucket=[]):
    bucket.append(item)
    return bucket
print(defaults_are_made_once(1), defaults_are_made_once(2))

def two_cells():
    a = 1
    def get(): return a
    def put(v):
        nonlocal a
        a = v
    return get, put
get, put = two_cells()
put(41)
print(get())

def unbound(flag):
    if flag:
        value = 1
    try:
        return value
    except UnboundLocalError as error:
        return str(error)
print(unbound(True), unbound(False))

def deleted():
    v = 1
    del v
    try:
        print(v)
    except UnboundLocalError as error:
        print("deleted:", error)
deleted()

def free_unbound():
    def inner():
        return later
    try:
        inner()
    except NameError as error:
        print(error)
    later = 1
    return inner()
print(free_unbound())

class Scope:
    x = "class"
    y = x + "!"
    def method(self):
        return x
    items = [n for n in range(3)]
    total = sum(items)
print(Scope.x, Scope.y, Scope().method(), Scope.total)

def make(n):
    class Local:
        size = n
        def get(self):
            return n + self.size
    return Local
print(make(3)().get(), make(4).size)

matrix = [[row * col for col in range(3)] for row in range(3)]
print(matrix)
print([(a, b) for a in range(3) if a for b in range(a) if b != 1])
print([y for x in [1, 2] if (y := x * 2) > 2], y)

def walrus():
    data = [1, 5, 3]
    if (n := len(data)) > 2 and (m := max(data)) > 4:
        return n, m
print(walrus())
if True:
    block = "visible"
print(block)
def f():
    return g()
def g():
    return "defined later"
print(f())
def class_body_skips_functions():
    x = "enclosing"
    class Inner:
        x = x + "!"
        def get(self): return x
    return Inner.x, Inner().get()
print(class_body_skips_functions())
