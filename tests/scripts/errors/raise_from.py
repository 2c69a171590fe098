try:
    {}["x"]
except KeyError as error:
    raise RuntimeError("no config") from error
# error
# Traceback (most recent call last):
#   File "raise_from.py", line 4, in <module>
#     raise RuntimeError("no config") from error
#     ^
# RuntimeError: no config
