import numpy as np
rng = np.random.default_rng(1)
shapes = [(0,), (1,), (3,), (10,), (30,), (2, 3), (3, 1), (1, 3), (2, 2, 2), (4, 5), (2, 0), (20, 20), (3, 100), (2, 3, 4), (1001,), (40, 40), (7, 7, 30), (1, 1, 1, 1), (1200, 2), (3, 400), (2, 2, 300)]
for shape in shapes:
    for dtype in ["float64", "float32", "float16", "int64", "int32", "uint8", "bool", "int8"]:
        a = rng.normal(0, 3, shape)
        x = (a * 10).astype(dtype) if dtype != "uint8" else np.abs(a * 10).astype(dtype)
        print(repr(x)); print(x)
for scale in [1e-12, 1e-6, 1e-5, 1e-4, 1e-3, 1, 1e3, 1e5, 1e7, 1e8, 1e9, 1e15, 1e16, 1e20, 1e100, 1e300]:
    for dtype in ["float64", "float32"]:
        x = (rng.normal(0, 1, 4) * (scale if dtype == "float64" or scale < 1e30 else 1)).astype(dtype)
        print(repr(x)); print(x); print(repr(x[0]), x[0], x[1:2], repr(x.round(2)))
        print(repr(x.reshape(2, 2)))
specials = [[np.nan, 1.0], [np.inf, -np.inf, 2.5], [np.nan], [np.inf], [-np.inf], [0.0, -0.0], [-0.0], [1.0, 2.0], [1.5, 2], [1e-10, 1], [1e10, 1], [1e8], [99999999.0], [123456.789, 1.0], [0.1, 0.25, 0.333333333], [1e16, 1], [1.0, np.nan, -1e-5], [1e5, 1e-5], [np.nan, np.inf, -1e20], [1/3], [2/3, 1e-3], [1e-4], [1e-5], [0.00012, 0.1], [1000.0, 1.0], [1001.0, 1.0], [5e-324], [1.7976931348623157e308]]
for s in specials:
    for dtype in ["float64", "float32", "float16"]:
        if dtype == "float64" or all(abs(v) < 6e4 or v != v or abs(v) == np.inf for v in s):
            x = np.array(s, dtype=dtype)
            print(repr(x)); print(x); print([v for v in x]); print(x[0])
for v in [0.1, 1.0, 100.0, 1e15, 1e16, 123456789.123, 1e-4, 1e-5, 0.30000000000000004, -0.0, 1e22, 12345678.9]:
    print(np.float64(v), repr(np.float64(v)), np.float32(v), repr(np.float32(v)))
    if abs(v) < 6e4: print(np.float16(v), repr(np.float16(v)))
print(np.array(["a", "bcd", "it's"]), repr(np.array(["a", "bcd"])), repr(np.array([["x", "y"], ["z", "longer"]])))
print(repr(np.array(5)), np.array(5), repr(np.array(1.5)), np.array(1.5), repr(np.array(True)), repr(np.array("s")))
print(repr(np.array([], dtype=np.int64)), repr(np.zeros((0, 3))), repr(np.zeros((3, 0), dtype=np.float32)), np.zeros((2, 0)))
print(np.bool_(True), repr(np.bool_(False)), repr(np.int8(-5)), np.uint64(2**62), repr(np.str_("a")))
print(repr(np.array([2**62, -1])), repr(np.array([True, False])), repr(np.eye(3)), repr(np.eye(3, dtype=int)))
np.set_printoptions(precision=3); print(np.array([1.23456, 2.1, 1e-9, 100.5])); print(np.array([1.23456, 2.1])); print(repr(np.array([1e10/3])))
np.set_printoptions(suppress=True); print(np.array([1.23456, 2.1, 1e-9, 100.5])); print(np.array([1e-10, 1e10/3]))
np.set_printoptions(precision=2, suppress=False, linewidth=40); print(np.linspace(0, 1, 20)); print(repr(np.arange(30)))
np.set_printoptions(precision=8, linewidth=75, threshold=5); print(np.arange(10)); print(np.arange(100).reshape(10, 10)); print(repr(np.arange(10)))
np.set_printoptions(threshold=1000, edgeitems=2); print(np.arange(2000)); print(repr(np.zeros((50, 50))))
np.set_printoptions(edgeitems=3, sign='+'); print(np.array([1.0, -2.0])); print(np.array([1, -2]), np.array([1.5, 2e10]))
np.set_printoptions(sign=' '); print(np.array([1.0, 2.0])); print(np.array([1.0, -2.0]))
np.set_printoptions(sign='-', floatmode='fixed', precision=3); print(np.array([1.0, 2.5, 1/3])); print(np.array([1e10, 2.0]))
np.set_printoptions(floatmode='unique'); print(np.array([1.0, 2.5, 1/3])); print(np.array([1e10, 2.0/3]))
np.set_printoptions(floatmode='maxprec_equal'); print(np.array([1.0, 2.5, 1/3]))
np.set_printoptions(floatmode='maxprec', precision=8, formatter={'float_kind': lambda x: "%.2f" % x}); print(np.array([1.0, 2.5, 1/3]))
np.set_printoptions(formatter=None)
with np.printoptions(precision=2): print(np.array([1/3]))
print(np.array2string(np.array([1.5, 2.25]), separator=", ", precision=1), np.array_str(np.array([1/3]), precision=3), np.array_repr(np.array([1.0])))
print(f"{np.float64(1.23456):.2f} {np.float32(2.5):.3f} {np.int64(5):03d} {np.mean([1,2,4]):.4f}")
print("%.3f %d %s" % (np.float32(1.5), np.int64(3), np.float64(0.1)), str(np.float32(0.1)), [np.float32(0.5), np.int64(1)], (np.float64(2.0),), {"a": np.float32(1.5)})
