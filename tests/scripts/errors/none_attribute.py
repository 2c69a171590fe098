numbers = [3, 1, 2]
ordered = numbers.sort()
print(ordered.append(4))
# error
# Traceback (most recent call last):
#   File "none_attribute.py", line 3, in <module>
#     print(ordered.append(4))
#                   ^
# AttributeError: 'NoneType' object has no attribute 'append'
#   = try:      the value is None: a function without return, or a method that changes in place, gives None
