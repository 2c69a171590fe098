class DataError(Exception):
    def __init__(self, row):
        super().__init__(f"row {row} is damaged")

def read(rows):
    for row in rows:
        if row < 0:
            raise DataError(row)

try:
    read([1, -2])
except ValueError:
    print("never")
# error
# Traceback (most recent call last):
#   File "user_exception.py", line 11, in <module>
#     read([1, -2])
#   File "user_exception.py", line 8, in read
#     raise DataError(row)
#     ^
# DataError: row -2 is damaged
