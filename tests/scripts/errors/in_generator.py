def numbers():
    yield 1
    yield 1 / 0

for n in numbers():
    print(n)
# error
# Traceback (most recent call last):
#   File "in_generator.py", line 5, in <module>
#     for n in numbers():
#   File "in_generator.py", line 3, in numbers
#     yield 1 / 0
#           ^
# ZeroDivisionError: division by zero
