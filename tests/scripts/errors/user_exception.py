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
