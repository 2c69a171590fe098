if True:
    break
# error
# Traceback (most recent call last):
#   File "break_outside.py", line 2, in <module>
#     break
#     ^
# SyntaxError: 'break' outside loop
