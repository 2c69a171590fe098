import pandas as pd
# error
# Traceback (most recent call last):
#   File "refused_import.py", line 1, in <module>
#     import pandas as pd
#            ^
# ModuleNotFoundError: No module named 'pandas'
#   = try:      pandas is not in kerai; kerai.read_csv(path) gives the columns of a table as arrays; numpy does the rest
