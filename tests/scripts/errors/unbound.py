counter = 0
def count():
    counter += 1
count()
# error
# Traceback (most recent call last):
#   File "unbound.py", line 4, in <module>
#     count()
#   File "unbound.py", line 3, in count
#     counter += 1
#     ^
# UnboundLocalError: cannot access local variable 'counter' where it is not associated with a value
#   = try:      'counter' is local because the function assigns it; write `global counter` or `nonlocal counter` to mean the outer one
