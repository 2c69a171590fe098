from abc import ABC, abstractmethod
from enum import Enum, IntEnum, auto

class Shape(ABC):
    @abstractmethod
    def area(self): ...
    @property
    @abstractmethod
    def name(self): ...
    def describe(self):
        return f"{self.name}: {self.area()}"

class Square(Shape):
    def __init__(self, side): self.side = side
    def area(self): return self.side ** 2
    @property
    def name(self): return "square"

class Half(Shape):
    def area(self): return 0

print(Square(3).describe(), isinstance(Square(1), Shape))
for cls in (Shape, Half):
    try: cls()
    except TypeError as e: print(e)

class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3
    CRIMSON = 1
    def pretty(self): return self.name.title()

print(Color.RED, repr(Color.GREEN), Color(3), Color["BLUE"], Color.RED.value, Color.CRIMSON is Color.RED)
print([c.name for c in Color], len(Color), Color.RED == Color.RED, Color.RED == 1, Color.BLUE.pretty(), Color.RED in Color)
print({Color.RED: "r"}[Color.RED], f"{Color.RED}", isinstance(Color.RED, Color))
try: Color(9)
except ValueError as e: print(e)
try: Color["PINK"]
except KeyError as e: print(repr(e))
class Level(IntEnum):
    LOW = auto()
    MID = auto()
    HIGH = 10
print(Level.LOW, Level.MID + 1, Level.HIGH > 5, Level.LOW < Level.HIGH, [0, 1, 2][Level.LOW], repr(Level.HIGH), int(Level.MID), max(Level))
class Planet(Enum):
    EARTH = (5.97e24, 6.37e6)
    MARS = (6.42e23, 3.39e6)
    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius
    @property
    def gravity(self): return round(6.67e-11 * self.mass / self.radius ** 2, 2)
print(Planet.EARTH.gravity, Planet.MARS.mass, Planet.MARS.value)
