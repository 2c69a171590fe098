class Node:
    __slots__ = ("value", "next")
    def __init__(self, value, next=None):
        self.value = value
        self.next = next

class LinkedList:
    def __init__(self, items=()):
        self.head = None
        self._size = 0
        for item in reversed(list(items)):
            self.push(item)
    def push(self, value):
        self.head = Node(value, self.head)
        self._size += 1
    def pop(self):
        if self.head is None:
            raise IndexError("pop from empty list")
        value, self.head = self.head.value, self.head.next
        self._size -= 1
        return value
    def __iter__(self):
        node = self.head
        while node:
            yield node.value
            node = node.next
    def __len__(self): return self._size
    def __getitem__(self, index):
        if isinstance(index, slice):
            return LinkedList(list(self)[index])
        if index < 0: index += len(self)
        for i, value in enumerate(self):
            if i == index: return value
        raise IndexError("list index out of range")
    def __contains__(self, value): return any(v == value for v in self)
    def __add__(self, other): return LinkedList([*self, *other])
    def __eq__(self, other): return list(self) == list(other)
    def __repr__(self): return f"LinkedList({list(self)})"
    def reverse(self):
        previous, node = None, self.head
        while node:
            node.next, previous, node = previous, node, node.next
        self.head = previous
        return self
l = LinkedList([1, 2, 3])
print(l, len(l), l[0], l[-1], l[1:], 2 in l, 9 in l, l + [4], l == [1, 2, 3], l.reverse(), l.pop(), l)
try: LinkedList().pop()
except IndexError as e: print(e)
try: l[10]
except IndexError as e: print(e)
for a, b in zip(l, LinkedList("xy")): print(a, b)
class BST:
    class _Node:
        def __init__(self, key): self.key, self.left, self.right = key, None, None
    def __init__(self): self.root = None
    def insert(self, key):
        def place(node):
            if node is None: return BST._Node(key)
            if key < node.key: node.left = place(node.left)
            elif key > node.key: node.right = place(node.right)
            return node
        self.root = place(self.root)
        return self
    def __iter__(self):
        def walk(node):
            if node:
                yield from walk(node.left)
                yield node.key
                yield from walk(node.right)
        return walk(self.root)
    def height(self):
        def h(node): return 0 if node is None else 1 + max(h(node.left), h(node.right))
        return h(self.root)
tree = BST()
for k in [5, 2, 8, 1, 9, 3, 5]: tree.insert(k)
print(list(tree), tree.height(), [k for k in tree if k % 2], max(tree))
class Queue:
    def __init__(self): self._in, self._out = [], []
    def put(self, x): self._in.append(x)
    def get(self):
        if not self._out:
            while self._in: self._out.append(self._in.pop())
        return self._out.pop()
q = Queue()
for i in range(3): q.put(i)
print(q.get(), q.get()); q.put(9); print(q.get(), q.get())
