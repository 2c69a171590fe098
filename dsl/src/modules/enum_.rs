//! `enum`: `Enum`, `IntEnum`, `auto`. What a class statement makes of the members is in `runtime::class::members`.

use super::Module;
use crate::runtime::class::members;
use crate::runtime::globals::Globals;
use crate::runtime::{PyResult, Value, interpreter};
use std::rc::Rc;

/// The methods of members. They must not use global names, because every session has its own.
const ENUM: &str = r#"
class Enum:
    __enum__ = True
    @property
    def name(self):
        return self._name_
    @property
    def value(self):
        return self._value_
    def __repr__(self):
        return f"<{self.__class__.__name__}.{self._name_}: {self._value_!r}>"
    def __str__(self):
        return f"{self.__class__.__name__}.{self._name_}"
    def __hash__(self):
        return self._name_.__hash__()
    def __eq__(self, other):
        return self is other
Enum
"#;

const INT_ENUM: &str = r#"
class IntEnum(Enum):
    def __str__(self):
        return f"{self._value_}"
    def __format__(self, spec):
        return f"{self._value_:{spec}}"
    def __int__(self): return self._value_
    def __index__(self): return self._value_
    def __hash__(self): return self._value_.__hash__()
    def __eq__(self, other): return self._value_ == other
    def __lt__(self, other): return self._value_ < (other._value_ if other.__class__ is self.__class__ else other)
    def __le__(self, other): return self._value_ <= (other._value_ if other.__class__ is self.__class__ else other)
    def __gt__(self, other): return self._value_ > (other._value_ if other.__class__ is self.__class__ else other)
    def __ge__(self, other): return self._value_ >= (other._value_ if other.__class__ is self.__class__ else other)
    def __add__(self, other): return self._value_ + other
    __radd__ = __add__
    def __sub__(self, other): return self._value_ - other
    def __rsub__(self, other): return other - self._value_
    def __mul__(self, other): return self._value_ * other
    __rmul__ = __mul__
IntEnum
"#;

pub(super) fn module() -> Module {
    Module::new("enum", "Enumerations: classes whose attributes are their only instances.")
        .lazy("Enum", || written(ENUM, &[]))
        .lazy("IntEnum", || {
            let base = super::import_from("enum", "Enum")?;
            written(INT_ENUM, &[("Enum", base)])
        })
        .lazy("auto", || Ok(members::auto_class()))
        .function("unique", "enumeration, /", "Checks nothing more than the class did.", |values| {
            Ok(values[0].clone())
        })
}

/// A class written in the language, apart from the program's own names.
fn written(text: &str, names: &[(&str, Value)]) -> PyResult<Value> {
    let globals = Rc::new(Globals::default());
    for (name, value) in names {
        globals.bind(name, value.clone());
    }
    interpreter::with_globals(&globals, || interpreter::run(&interpreter::compile("<enum>", text)?))
}
