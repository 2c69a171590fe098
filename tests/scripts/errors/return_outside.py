for i in range(3):
    return i
# error
# Traceback (most recent call last):
#   File "return_outside.py", line 2, in <module>
#     return i
#     ^
# SyntaxError: 'return' outside function
