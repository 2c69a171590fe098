class Meta(type):
    pass

class C(metaclass=Meta):
    pass
# error
# Traceback (most recent call last):
#   File "metaclass.py", line 4, in <module>
#     class C(metaclass=Meta):
#             ^
# NotImplementedError: metaclasses are not in kerai
#   = try:      write a class decorator or a base class
