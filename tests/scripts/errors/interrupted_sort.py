items = [3, "a", 1]
items.sort()
# error
# Traceback (most recent call last):
#   File "interrupted_sort.py", line 2, in <module>
#     items.sort()
#           ^
# TypeError: '<' not supported between instances of 'str' and 'int'
