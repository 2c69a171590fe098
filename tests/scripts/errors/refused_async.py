async def load():
    return 1
# error
# Traceback (most recent call last):
#   File "refused_async.py", line 1, in <module>
#     async def load():
#     ^
# NotImplementedError: async and await are not in kerai
#   = try:      write plain functions; training and data loading already use all cores
