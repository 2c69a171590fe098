for n in range(2, 12):
    for d in range(2, n):
        if n % d == 0:
            print(n, "=", d, "*", n // d)
            break
    else:
        print(n, "is prime")

i = 0
while i < 10:
    i += 1
    if i % 2:
        continue
    if i > 6:
        break
    print("even", i)
else:
    print("not reached")

while i > 100:
    pass
else:
    print("else of while", i)

def grade(score):
    if score >= 90:
        return "A"
    elif score >= 80:
        return "B"
    elif score >= 70:
        return "C"
    else:
        return "F"
print([grade(s) for s in (95, 85, 75, 10)])

def find(matrix, wanted):
    for r, row in enumerate(matrix):
        for c, value in enumerate(row):
            if value == wanted:
                return r, c
    return None
print(find([[1, 2], [3, 4]], 3), find([], 1))

total = 0
for a, (b, c) in [(1, (2, 3)), (4, (5, 6))]:
    total += a * b * c
print(total)
for key, value in {"x": 1, "y": 2}.items():
    print(key, value, end="; ")
print()
for i, (name, age) in enumerate(zip(["ann", "bob"], [30, 25]), start=1):
    print(f"{i}. {name} is {age}")
print("big" if total > 100 else "small" if total > 10 else "tiny")
x = 5
print(0 < x < 10, 0 < x > 3, x == 5 != 4, 1 < x < 3)
print(x and "yes", 0 or "no", None or 0 or [], "" and 1, not x, not 0)
calls = []
def note(v):
    calls.append(v)
    return v
print(note(1) < note(2) < note(0) < note(9), calls)
calls.clear()
print(note(0) and note(1), note(2) or note(3), calls)
n = 27
steps = 0
while n != 1:
    n = n // 2 if n % 2 == 0 else 3 * n + 1
    steps += 1
print(steps)
for row in range(1, 4):
    print(" ".join(str(row * col) for col in range(1, 6)))
for i in range(10, 0, -3):
    print(i, end=",")
print()
pass
numbers = [3, 1, 2]
for n in numbers[:]:
    if n > 1:
        numbers.remove(n)
print(numbers)
def deep(n):
    for i in range(n):
        for j in range(n):
            for k in range(n):
                if i + j + k == 4:
                    return i, j, k
print(deep(3))
