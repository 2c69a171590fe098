def f():
return 1
# error
# Traceback (most recent call last):
#   File "indentation.py", line 2, in <module>
#     return 1
#     ^
# IndentationError: expected an indented block after function definition
