class Door:
    def __enter__(self):
        return self
    def __exit__(self, *details):
        print("closed")

with Door() as door:
    door.lock()
# error
# Traceback (most recent call last):
#   File "stop_in_with.py", line 8, in <module>
#     door.lock()
#          ^
# AttributeError: 'Door' object has no attribute 'lock'
