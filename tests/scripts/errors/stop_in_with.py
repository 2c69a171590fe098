class Door:
    def __enter__(self):
        return self
    def __exit__(self, *details):
        print("closed")

with Door() as door:
    door.lock()
