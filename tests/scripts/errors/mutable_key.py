places = {[1, 2]: "here"}
# error
# Traceback (most recent call last):
#   File "mutable_key.py", line 1, in <module>
#     places = {[1, 2]: "here"}
#              ^
# TypeError: unhashable type: 'list'
#   = try:      a tuple can be a key: tuple(the_list)
