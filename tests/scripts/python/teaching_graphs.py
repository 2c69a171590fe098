from collections import deque, defaultdict, Counter
graph = {
    "A": {"B": 4, "C": 2}, "B": {"C": 5, "D": 10}, "C": {"E": 3}, "E": {"D": 4}, "D": {"F": 11}, "F": {},
}
def bfs(start):
    seen, queue, order = {start}, deque([start]), []
    while queue:
        node = queue.popleft()
        order.append(node)
        for neighbour in graph[node]:
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return order
def dfs(node, seen=None):
    seen = seen if seen is not None else set()
    seen.add(node)
    yield node
    for neighbour in graph[node]:
        if neighbour not in seen:
            yield from dfs(neighbour, seen)
def dijkstra(start):
    distance = {node: float("inf") for node in graph}
    distance[start] = 0
    open_nodes = set(graph)
    while open_nodes:
        node = min(sorted(open_nodes), key=distance.get)
        open_nodes.discard(node)
        for neighbour, weight in graph[node].items():
            distance[neighbour] = min(distance[neighbour], distance[node] + weight)
    return distance
print(bfs("A"), list(dfs("A")), dijkstra("A"))
groups = defaultdict(list)
for word in "one two three four five six".split():
    groups[len(word)].append(word)
print(dict(groups), Counter("mississippi").most_common(2))
def permutations(items):
    if not items:
        yield []
    for i, item in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1:]):
            yield [item] + rest
print(list(permutations([1, 2, 3])))
def queens(n, columns=()):
    if len(columns) == n:
        yield columns
        return
    row = len(columns)
    for c in range(n):
        if all(c != other and abs(c - other) != row - r for r, other in enumerate(columns)):
            yield from queens(n, columns + (c,))
print(next(queens(6)), sum(1 for _ in queens(6)))
def flatten(nested):
    for item in nested:
        if isinstance(item, (list, tuple)):
            yield from flatten(item)
        else:
            yield item
print(list(flatten([1, [2, (3, [4])], 5])))
def sieve(n):
    flags = [True] * (n + 1)
    flags[0:2] = [False, False]
    for i in range(2, int(n ** 0.5) + 1):
        if flags[i]:
            flags[i * i::i] = [False] * len(flags[i * i::i])
    return [i for i, flag in enumerate(flags) if flag]
print(sieve(50))
memo = {}
def ways(n, coins=(1, 5, 10, 25)):
    if n == 0: return 1
    if n < 0 or not coins: return 0
    key = (n, coins)
    if key not in memo:
        memo[key] = ways(n - coins[0], coins) + ways(n, coins[1:])
    return memo[key]
print(ways(100))
life = {(1, 0), (1, 1), (1, 2)}
def step(cells):
    near = Counter((r + dr, c + dc) for r, c in cells for dr in (-1, 0, 1) for dc in (-1, 0, 1) if dr or dc)
    return {cell for cell, n in near.items() if n == 3 or (n == 2 and cell in cells)}
for _ in range(3):
    print(sorted(life))
    life = step(life)
def gcd(a, b):
    while b: a, b = b, a % b
    return a
print(gcd(1071, 462), [gcd(a, 12) for a in range(1, 7)])
