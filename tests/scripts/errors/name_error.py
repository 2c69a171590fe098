def greet(person):
    message = "hello " + preson
    return message

print(greet("Ann"))
# error
# Traceback (most recent call last):
#   File "name_error.py", line 5, in <module>
#     print(greet("Ann"))
#   File "name_error.py", line 2, in greet
#     message = "hello " + preson
#                          ^
# NameError: name 'preson' is not defined
#   = try:      did you mean 'person'?
