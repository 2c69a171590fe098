name, age, pi = "Ann", 30, 3.14159265
print(f"{name} is {age} years old")
print(f"{name!r} {name!s:>6}| {age:5d}| {pi:.3f} {pi:10.2f}| {pi:<10.1f}|")
print(f"{age:b} {age:x} {age:#o} {age:08.3f} {age:+d} {1234567:,} {0.256:.1%} {1e10:e} {12345.678:g}")
width, precision = 12, 4
print(f"{pi:{width}.{precision}f}|{name:^{width}}|{name:*^{width}}|")
print(f"{age=} {age + 1 = } {name = !s} {pi=:.2f}")
print(f"{{literal}} {'nested ' + name} {[x * 2 for x in range(3)]} { {'a': 1}['a'] }")
print(f"{'yes' if age > 18 else 'no'} {max(1, 2)} {name.upper()} {name[0]}")
print(f'{"quotes"} {len("abc")}' f" joined {age}" " plain")
print(f"""multi
line {name}
end""")
print(f"{None} {True} {[1, 'a']} {(1,)} {1.0} {1e100}")
print(rf"\n{age}", "\t|", r"\d+", "\u00e9\N{BULLET}\x41", "a\
b")
values = [1.5, 22.25, 333.125]
for v in values:
    print(f"{v:>10.2f}|{v:<10}|{v:^10}|{v:e}")
print("%s is %d and %.2f %5s|%-5s| %05d %x %%" % (name, age, pi, "a", "b", 42, 255))
print("{} {1} {name}".replace("{1}", "{}").format(1, 2, name="n"))
print("{0:>5} {1!r} {key[0]} {obj.real}".format("a", "b", key=[9], obj=5))
print(f"{'a':>3}{'b':<3}{'c':^3}|", f"{1000000:_}", f"{-5:05d}", f"{3:<5}|", f"{True:d}")
class P:
    def __format__(self, spec): return f"P<{spec}>"
    def __str__(self): return "strP"
    def __repr__(self): return "reprP"
print(f"{P()} {P():abc} {P()!r} {P()!s}")
print(f"{name:10}|{name:>10}|{age:<6}|{age:^6}|{pi:10}|")
for i in range(1, 4):
    print(f"Epoch {i}/{3} - loss: {1 / i:.4f} - accuracy: {i / 4:6.2%}")
print("Name".ljust(10) + "Age".rjust(5))
print("-" * 15)
print(f"{name:<10}{age:>5}")
