class Matrix:
    def __init__(self, rows):
        self.rows = [list(r) for r in rows]
        if len({len(r) for r in self.rows}) > 1:
            raise ValueError("rows differ in length")
    @classmethod
    def identity(cls, n):
        return cls([[1 if i == j else 0 for j in range(n)] for i in range(n)])
    @property
    def shape(self):
        return len(self.rows), len(self.rows[0])
    @property
    def T(self):
        return Matrix(zip(*self.rows))
    def __matmul__(self, other):
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"shapes {self.shape} and {other.shape} do not fit")
        columns = list(zip(*other.rows))
        return Matrix([[sum(a * b for a, b in zip(row, col)) for col in columns] for row in self.rows])
    def __add__(self, other):
        return Matrix([[a + b for a, b in zip(r, s)] for r, s in zip(self.rows, other.rows)])
    def __eq__(self, other):
        return self.rows == other.rows
    def __getitem__(self, key):
        if isinstance(key, tuple):
            i, j = key
            return self.rows[i][j]
        return self.rows[key]
    def __setitem__(self, key, value):
        i, j = key
        self.rows[i][j] = value
    def __pow__(self, n):
        result = Matrix.identity(len(self.rows))
        for _ in range(n):
            result = result @ self
        return result
    def __repr__(self):
        width = max(len(str(x)) for row in self.rows for x in row)
        return "\n".join(" ".join(f"{x:>{width}}" for x in row) for row in self.rows)
    def determinant(self):
        n = len(self.rows)
        if n == 1:
            return self.rows[0][0]
        total = 0
        for c in range(n):
            minor = Matrix([row[:c] + row[c + 1:] for row in self.rows[1:]])
            total += (-1) ** c * self.rows[0][c] * minor.determinant()
        return total
m = Matrix([[1, 2], [3, 4]])
print(m, m.shape, m.T, m @ m, m ** 10, m.determinant(), sep="\n")
m[0, 1] = 20
print(m[0, 1], m[1], m == Matrix([[1, 20], [3, 4]]))
try: m @ Matrix([[1, 2, 3]])
except ValueError as e: print(e)
try: Matrix([[1], [1, 2]])
except ValueError as e: print(e)
print(Matrix([[2, 0, 1], [1, 3, 2], [1, 1, 4]]).determinant())
