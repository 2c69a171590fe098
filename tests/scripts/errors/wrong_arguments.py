def area(width, height=1):
    return width * height

area(1, 2, 3)
