x = np.zeros(3)
# error
# Traceback (most recent call last):
#   File "missing_import.py", line 1, in <module>
#     x = np.zeros(3)
#         ^
# NameError: name 'np' is not defined
#   = try:      import numpy as np
