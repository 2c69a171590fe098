async def load():
    return 1
