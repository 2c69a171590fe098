def area(width, height=1):
    return width * height

area(1, 2, 3)
# error
# Traceback (most recent call last):
#   File "wrong_arguments.py", line 4, in <module>
#     area(1, 2, 3)
#     ^
# TypeError: area() takes from 1 to 2 positional arguments but 3 were given
