# Algorithms as courses write them.
def primes(n):
    sieve = [True] * (n + 1)
    sieve[0:2] = [False, False]
    for i in range(2, int(n ** 0.5) + 1):
        if sieve[i]:
            sieve[i * i::i] = [False] * len(sieve[i * i::i])
    return [i for i, p in enumerate(sieve) if p]
print(primes(60))
def gcd(a, b):
    while b:
        a, b = b, a % b
    return a
print(gcd(1071, 462), [gcd(i, 12) for i in range(1, 13)])
def quicksort(a):
    if len(a) <= 1:
        return a
    p, *rest = a
    return quicksort([x for x in rest if x < p]) + [p] + quicksort([x for x in rest if x >= p])
print(quicksort([5, 3, 8, 1, 9, 2, 7]))
def bubble(a):
    a = a[:]
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a
print(bubble([4, 2, 5, 1]))
def binary_search(a, x):
    lo, hi = 0, len(a) - 1
    while lo <= hi:
        mid = (lo + hi) // 2
        if a[mid] == x: return mid
        if a[mid] < x: lo = mid + 1
        else: hi = mid - 1
    return -1
print(binary_search(list(range(0, 100, 7)), 49), binary_search([1, 3], 2))
def fib(n, memo={}):
    if n in memo: return memo[n]
    memo[n] = n if n < 2 else fib(n - 1) + fib(n - 2)
    return memo[n]
print([fib(i) for i in range(15)], fib(80))
def hanoi(n, a="A", b="B", c="C"):
    return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)
print(hanoi(8))
graph = {"A": ["B", "C"], "B": ["D"], "C": ["D", "E"], "D": ["F"], "E": ["F"], "F": []}
def bfs(start, goal):
    queue, seen = [[start]], {start}
    while queue:
        path = queue.pop(0)
        if path[-1] == goal: return path
        for n in graph[path[-1]]:
            if n not in seen:
                seen.add(n)
                queue.append(path + [n])
print(bfs("A", "F"))
def to_base(n, b):
    digits = ""
    while n: n, r = divmod(n, b); digits = "0123456789abcdef"[r] + digits
    return digits or "0"
print(to_base(255, 16), to_base(10, 2), to_base(0, 8), int("ff", 16))
board = [[0] * 3 for _ in range(3)]
board[1][1] = "X"
for row in board: print("|".join(str(c) if c else " " for c in row))
total = 0
for i in range(1, 1000):
    if i % 3 == 0 or i % 5 == 0: total += i
print(total, sum(i for i in range(1000) if i % 3 == 0 or i % 5 == 0))
x, guess = 2.0, 1.0
for step in range(6):
    guess = (guess + x / guess) / 2
    print(f"{step}: {guess:.10f}")
for i in range(1, 16):
    print("FizzBuzz" if i % 15 == 0 else "Fizz" if i % 3 == 0 else "Buzz" if i % 5 == 0 else i, end=" ")
print()
def flatten(x):
    return [z for y in x for z in flatten(y)] if isinstance(x, list) else [x]
print(flatten([1, [2, [3, [4]], 5]]))
def permutations(s):
    return [s] if len(s) <= 1 else [s[i] + p for i in range(len(s)) for p in permutations(s[:i] + s[i + 1:])]
print(permutations("abc"))
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps
print(max(range(1, 200), key=collatz), collatz(27))
inventory = [{"name": "pen", "price": 1.25, "qty": 10}, {"name": "book", "price": 12.5, "qty": 2}]
print(f"{sum(i['price'] * i['qty'] for i in inventory):.2f}", [i["name"] for i in sorted(inventory, key=lambda i: i["price"], reverse=True)])
