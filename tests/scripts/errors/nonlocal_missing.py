def f():
    nonlocal x
    x = 1
# error
# Traceback (most recent call last):
#   File "nonlocal_missing.py", line 2, in <module>
#     nonlocal x
#     ^
# SyntaxError: no binding for nonlocal 'x' found
