total = 9223372036854775807
total = total + 1
# error
# Traceback (most recent call last):
#   File "overflow_sum.py", line 2, in <module>
#     total = total + 1
#             ^
# OverflowError: 9223372036854775807 + 1 is too large for a 64-bit integer
#   = expected: integers from -2**63 to 2**63 - 1 (Python's are unbounded, kerai's are not)
#   = try:      compute with floats: one operand as float(x), or math.log/lgamma for products
