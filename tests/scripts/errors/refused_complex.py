z = 3 + 4j
# error
# Traceback (most recent call last):
#   File "refused_complex.py", line 1, in <module>
#     z = 3 + 4j
#             ^
# NotImplementedError: complex numbers are not in kerai
#   = try:      keep the real and the imaginary part in two variables
