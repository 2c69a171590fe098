value = 3
match value:
    case 3:
        print("three")
# error
# Traceback (most recent call last):
#   File "refused_match.py", line 2, in <module>
#     match value:
#     ^
# NotImplementedError: the match statement is not in kerai
#   = try:      write it as if / elif / else
