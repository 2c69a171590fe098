def f(x):
    return x +
# error
# Traceback (most recent call last):
#   File "syntax.py", line 2, in <module>
#     return x +
#               ^
# SyntaxError: invalid syntax
