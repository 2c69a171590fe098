# time, datetime, timeit, dataclasses, enum, contextlib, typing, abc.
import time, datetime, timeit, warnings
from datetime import date, timedelta
from dataclasses import dataclass, field, asdict, replace, astuple, fields
from enum import Enum, IntEnum, auto
from contextlib import contextmanager, suppress
from typing import List, Optional, Dict, Any, Union
from abc import ABC, abstractmethod
warnings.filterwarnings("ignore")
t0 = time.perf_counter(); time.sleep(0.01); print(time.perf_counter() - t0 >= 0.01, time.time() > 1e9, time.monotonic() <= time.monotonic(), time.strftime("%Y-%m-%d", time.gmtime(0)), time.gmtime(86400)[:6], time.gmtime(0).tm_year, timeit.timeit(lambda: 1 + 1, number=10) >= 0, timeit.default_timer() > 0)
d = date(2024, 2, 28); print(d, repr(d), d + timedelta(days=2), d.weekday(), d.isoformat(), d.strftime("%d/%m/%y %A %B"), d.replace(year=2023), (date(2024, 3, 1) - d).days, d < date(2025, 1, 1), d.year, d.isoweekday(), date.fromisoformat("2020-01-02"), d.toordinal())
n = datetime.datetime(2024, 1, 31, 13, 5, 9, 120); print(n, repr(n), n.date(), n.time(), n + timedelta(hours=12, minutes=30), n.isoformat(), n.strftime("%H:%M:%S %p %j %f"), n.hour, datetime.datetime.strptime("2024-05-06 07:08", "%Y-%m-%d %H:%M"), n - datetime.datetime(2024, 1, 1), n.replace(microsecond=0), f"{n:%Y/%m/%d}", datetime.datetime(2024, 1, 1) == datetime.datetime(2024, 1, 1, 0))
x = timedelta(days=1, hours=2, seconds=3.5); print(x, repr(x), x.total_seconds(), x * 2, x / 2, -x, x > timedelta(hours=1), timedelta(0), timedelta(minutes=90), abs(timedelta(-1)), timedelta(weeks=1) // timedelta(days=2), sum([timedelta(1), timedelta(2)], timedelta()))
@dataclass
class Point:
    x: float
    y: float = 0.0
    tags: List[str] = field(default_factory=list)
    hidden: int = field(default=3, repr=False)
    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5
p = Point(3, 4); q = Point(3, 4); print(p, p == q, p is q, p.norm(), asdict(p), astuple(p), replace(p, x=1), p.tags is q.tags, Point(x=1, tags=["a"]), [f.name for f in fields(p)]); p.tags.append("t"); print(p, p != q)
@dataclass(frozen=True, order=True)
class Version:
    major: int
    minor: int = 0
print(Version(1) < Version(1, 2), sorted([Version(2), Version(1, 5)]), hash(Version(1)) == hash(Version(1)), {Version(1): "v"}[Version(1)], max(Version(1, 1), Version(1, 2)))
@dataclass
class Base:
    a: int
@dataclass
class Child(Base):
    b: int = 2
    total: int = field(init=False)
    def __post_init__(self): self.total = self.a + self.b
print(Child(1), Child(1, 5).total)
def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
attempt(lambda: setattr(Version(1), "major", 2))
attempt(lambda: Point(1) < Point(2))
attempt(lambda: hash(Point(1)))
attempt(lambda: date(2024, 13, 1)); attempt(lambda: date(2023, 2, 29)); attempt(lambda: datetime.datetime.strptime("x", "%Y"))
class Color(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
    def pretty(self): return self.name.title()
print(Color.RED, repr(Color.RED), Color.RED.name, Color.RED.value, Color(2), Color["GREEN"], list(Color), len(Color), Color.CRIMSON is Color.RED, Color.RED == Color.RED, Color.RED == 1, Color.GREEN.pretty(), Color.RED in Color, {Color.RED: "r"}[Color.RED], isinstance(Color.RED, Color), [c.name for c in Color], f"{Color.RED}")
class Level(IntEnum):
    LOW = auto()
    HIGH = auto()
print(Level.HIGH > Level.LOW, Level.HIGH == 2, Level.HIGH + 1, sorted([Level.HIGH, Level.LOW]), int(Level.HIGH), Level(1), repr(Level.LOW))
attempt(lambda: Color(9)); attempt(lambda: Color["BLUE"])
@contextmanager
def tag(name):
    print("<" + name + ">")
    try:
        yield name.upper()
    finally:
        print("</" + name + ">")
with tag("b") as t: print(t)
try:
    with tag("i"): raise ValueError("inside")
except ValueError as e: print("caught", e)
with suppress(ZeroDivisionError, KeyError): 1 / 0
print("after")
class Shape(ABC):
    @abstractmethod
    def area(self): ...
class Square(Shape):
    def __init__(self, s: float) -> None: self.s = s
    def area(self) -> float: return self.s ** 2
attempt(lambda: Shape()); print(Square(3).area(), isinstance(Square(1), Shape))
def f(a: Optional[int] = None, b: Union[int, str] = 5, *c: Any, d: Dict[str, List[int]] = {}) -> Optional[str]: return a
print(f(3))
