x = 123456789012345678901234567890
# error
# Traceback (most recent call last):
#   File "big_literal.py", line 1, in <module>
#     x = 123456789012345678901234567890
#         ^
# OverflowError: Python int too large: kerai's integers have 64 bits
#   = try:      write it as a float, for example 1e30
