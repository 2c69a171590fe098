print(2 ** 62)
print(2 ** 64)
# error
# Traceback (most recent call last):
#   File "big_integer.py", line 2, in <module>
#     print(2 ** 64)
#           ^
# OverflowError: 2 ** 64 is too large for a 64-bit integer
#   = expected: integers from -2**63 to 2**63 - 1 (Python's are unbounded, kerai's are not)
#   = try:      compute with floats: one operand as float(x), or math.log/lgamma for products
