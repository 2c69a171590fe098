def risky():
    return int("twelve")

def careful():
    try:
        return risky()
    except ValueError:
        print("logging")
        raise
    finally:
        print("done")

careful()
# error
# Traceback (most recent call last):
#   File "reraised.py", line 13, in <module>
#     careful()
#   File "reraised.py", line 6, in careful
#     return risky()
#   File "reraised.py", line 2, in risky
#     return int("twelve")
#            ^
# ValueError: invalid literal for int() with base 10: 'twelve'
