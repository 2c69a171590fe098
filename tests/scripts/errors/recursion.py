def down(n):
    return down(n + 1)

try:
    down(0)
except RecursionError as error:
    print(error)

assert False, "after the recursion"
# error
# Traceback (most recent call last):
#   File "recursion.py", line 9, in <module>
#     assert False, "after the recursion"
#     ^
# AssertionError: after the recursion
