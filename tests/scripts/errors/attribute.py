text = "hello"
print(text.uper())
# error
# Traceback (most recent call last):
#   File "attribute.py", line 2, in <module>
#     print(text.uper())
#                ^
# AttributeError: 'str' object has no attribute 'uper'
#   = try:      did you mean 'upper'?
