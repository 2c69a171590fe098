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
