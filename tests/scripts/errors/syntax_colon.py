x = 3
if x > 2
    print(x)
# error
# Traceback (most recent call last):
#   File "syntax_colon.py", line 2, in <module>
#     if x > 2
#             ^
# SyntaxError: expected ':'
#   = try:      the line that starts a block ends in a colon
