def bubble(items):
    items = list(items)
    for end in range(len(items) - 1, 0, -1):
        swapped = False
        for i in range(end):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
                swapped = True
        if not swapped:
            break
    return items

def quick(items):
    if len(items) <= 1:
        return items
    pivot, *rest = items
    return quick([x for x in rest if x < pivot]) + [pivot] + quick([x for x in rest if x >= pivot])

def merge_sort(items):
    if len(items) < 2:
        return items
    middle = len(items) // 2
    left, right = merge_sort(items[:middle]), merge_sort(items[middle:])
    merged = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right

def insertion(items):
    result = []
    for x in items:
        i = len(result)
        while i > 0 and result[i - 1] > x:
            i -= 1
        result.insert(i, x)
    return result

def heap_sort(items):
    heap = list(items)
    def sift(start, end):
        root = start
        while (child := 2 * root + 1) <= end:
            if child + 1 <= end and heap[child] < heap[child + 1]:
                child += 1
            if heap[root] >= heap[child]:
                return
            heap[root], heap[child] = heap[child], heap[root]
            root = child
    for start in range(len(heap) // 2 - 1, -1, -1):
        sift(start, len(heap) - 1)
    for end in range(len(heap) - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(0, end - 1)
    return heap

seed = 42
def pseudo():
    global seed
    seed = (1103515245 * seed + 12345) % 2 ** 31
    return seed % 1000
data = [pseudo() for _ in range(60)]
expected = sorted(data)
for algorithm in (bubble, quick, merge_sort, insertion, heap_sort):
    print(algorithm.__name__, algorithm(data) == expected, algorithm([]), algorithm([2, 1]))
def binary_search(items, wanted):
    low, high = 0, len(items) - 1
    steps = 0
    while low <= high:
        steps += 1
        middle = (low + high) // 2
        if items[middle] == wanted:
            return middle, steps
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return None, steps
print(binary_search(list(range(0, 1000, 7)), 693), binary_search([1, 3], 2))
people = [("bob", 25), ("ann", 30), ("cid", 25)]
print(sorted(people, key=lambda p: (p[1], p[0])), sorted(people, key=lambda p: p[1], reverse=True))
people.sort(key=lambda p: p[0][::-1])
print(people, min(people, key=lambda p: p[1]))
