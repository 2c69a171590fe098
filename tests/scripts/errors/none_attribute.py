numbers = [3, 1, 2]
ordered = numbers.sort()
print(ordered.append(4))
