rows = [[1, 2], [3]]
print([row[1] for row in rows])
# error
# Traceback (most recent call last):
#   File "in_comprehension.py", line 2, in <module>
#     print([row[1] for row in rows])
#            ^
# IndexError: list index out of range
#   = received: 1
#   = expected: 0 to 0, or -1 to -1 from the end
