//! Element types: names, sizes, promotion, and what a user may write where a dtype is asked for.

use crate::runtime::{Exception, PyResult, Value};

use super::types::{DTypeValue, ScalarType};

/// The element type of an array.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are numpy's")]
pub enum DType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    /// Not numpy's own: what Keras gives under a bfloat16 policy.
    BFloat16,
    Float32,
    Float64,
    Str,
    Object,
}

use DType::*;

/// All of them, in numpy's order.
pub const ALL: [DType; 15] = [
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, BFloat16, Float32,
    Float64, Str, Object,
];

impl DType {
    /// `x.dtype.name`, apart from the width of strings.
    pub fn name(self) -> &'static str {
        match self {
            Bool => "bool",
            Int8 => "int8",
            Int16 => "int16",
            Int32 => "int32",
            Int64 => "int64",
            UInt8 => "uint8",
            UInt16 => "uint16",
            UInt32 => "uint32",
            UInt64 => "uint64",
            Float16 => "float16",
            BFloat16 => "bfloat16",
            Float32 => "float32",
            Float64 => "float64",
            Str => "str",
            Object => "object",
        }
    }

    /// Bytes per element; strings have it per character.
    pub fn item_size(self) -> usize {
        match self {
            Bool | Int8 | UInt8 => 1,
            Int16 | UInt16 | Float16 | BFloat16 => 2,
            Int32 | UInt32 | Float32 | Str => 4,
            Int64 | UInt64 | Float64 | Object => 8,
        }
    }

    /// numpy's one-letter kind.
    pub fn kind(self) -> char {
        match self {
            Bool => 'b',
            Int8 | Int16 | Int32 | Int64 => 'i',
            UInt8 | UInt16 | UInt32 | UInt64 => 'u',
            Float16 | BFloat16 | Float32 | Float64 => 'f',
            Str => 'U',
            Object => 'O',
        }
    }

    /// numpy's one-letter code.
    pub fn char(self) -> char {
        match self {
            Bool => '?',
            Int8 => 'b',
            Int16 => 'h',
            Int32 => 'i',
            Int64 => 'l',
            UInt8 => 'B',
            UInt16 => 'H',
            UInt32 => 'I',
            UInt64 => 'L',
            Float16 => 'e',
            BFloat16 => 'E',
            Float32 => 'f',
            Float64 => 'd',
            Str => 'U',
            Object => 'O',
        }
    }

    /// `x.dtype.str`, apart from the width of strings.
    pub fn code(self) -> String {
        let order = match self {
            Bool | Int8 | UInt8 | Object => '|',
            _ => '<',
        };
        match self {
            Object => "|O".to_owned(),
            BFloat16 => "<V2".to_owned(),
            _ => format!("{order}{}{}", self.kind(), self.item_size()),
        }
    }

    /// Signed or unsigned integer, not bool.
    pub fn is_integer(self) -> bool {
        matches!(self.kind(), 'i' | 'u')
    }

    /// Any float.
    pub fn is_float(self) -> bool {
        self.kind() == 'f'
    }

    /// A float of 16 bits: sums of them need more.
    pub fn is_half(self) -> bool {
        matches!(self, Float16 | BFloat16)
    }

    /// Anything that can be calculated with.
    pub fn is_number(self) -> bool {
        !matches!(self, Str | Object)
    }

    /// The smallest and largest value of an integer type.
    pub fn integer_range(self) -> Option<(i128, i128)> {
        Some(match self {
            Int8 => (i8::MIN.into(), i8::MAX.into()),
            Int16 => (i16::MIN.into(), i16::MAX.into()),
            Int32 => (i32::MIN.into(), i32::MAX.into()),
            Int64 => (i64::MIN.into(), i64::MAX.into()),
            UInt8 => (0, u8::MAX.into()),
            UInt16 => (0, u16::MAX.into()),
            UInt32 => (0, u32::MAX.into()),
            UInt64 => (0, u64::MAX.into()),
            _ => return None,
        })
    }

    /// The float type in which functions such as `sqrt` calculate.
    pub fn float_for(self) -> DType {
        match self {
            Bool | Int8 | UInt8 => Float16,
            Int16 | UInt16 => Float32,
            Float16 | BFloat16 | Float32 => self,
            _ => Float64,
        }
    }

    /// Reads the names that numpy knows.
    pub fn parse(text: &str) -> Option<DType> {
        let plain = text.trim_start_matches(['<', '=', '|']);
        Some(match plain {
            "bool" | "bool_" | "?" | "b1" => Bool,
            "int8" | "i1" | "b" | "byte" => Int8,
            "int16" | "i2" | "h" | "short" => Int16,
            "int32" | "i4" | "i" | "intc" => Int32,
            "int64" | "i8" | "l" | "q" | "int" | "int_" | "long" | "longlong" | "intp" | "p" => {
                Int64
            }
            "uint8" | "u1" | "B" | "ubyte" => UInt8,
            "uint16" | "u2" | "H" | "ushort" => UInt16,
            "uint32" | "u4" | "I" | "uintc" => UInt32,
            "uint64" | "u8" | "L" | "Q" | "uint" | "ulong" | "ulonglong" | "uintp" | "P" => UInt64,
            "float16" | "f2" | "e" | "half" => Float16,
            "bfloat16" => BFloat16,
            "float32" | "f4" | "f" | "single" => Float32,
            "float64" | "f8" | "d" | "float" | "double" => Float64,
            "str" | "U" | "str_" => Str,
            "object" | "O" | "object_" => Object,
            _ if plain.starts_with('U') && plain[1..].parse::<u32>().is_ok() => Str,
            _ => return None,
        })
    }

    /// What a user gave as `dtype=`; `None` is numpy's default, float64.
    pub fn from_value(value: &Value) -> PyResult<DType> {
        let name = match value {
            Value::None => return Ok(Float64),
            Value::Str(text) => text.to_string(),
            other => {
                if let Some(dtype) = other.downcast::<DTypeValue>() {
                    return Ok(dtype.dtype);
                }
                if let Some(class) = other.downcast::<ScalarType>() {
                    return class.concrete();
                }
                match class_name(other) {
                    Some(name) => name,
                    None => {
                        return Err(Exception::type_error(format!(
                            "Cannot interpret '{}' as a data type",
                            super::describe(other)
                        )));
                    }
                }
            }
        };
        if let Some(dtype) = DType::parse(&name) {
            return Ok(dtype);
        }
        if ["complex", "complex64", "complex128", "datetime64", "bytes", "float128"]
            .contains(&&*name)
        {
            return Err(Exception::not_supported(
                format!("arrays of {name} are not in kerai"),
                "use float64, or two arrays",
            ));
        }
        Err(Exception::type_error(format!("data type '{name}' not understood")))
    }

    /// As [`DType::from_value`], with `None` for "not given".
    pub fn optional(value: &Value) -> PyResult<Option<DType>> {
        if value.is_none() { Ok(None) } else { Ok(Some(DType::from_value(value)?)) }
    }
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of a Python class such as `float`, if this is one.
pub(crate) fn class_name(value: &Value) -> Option<String> {
    let Value::Object(object) = value else { return None };
    match object.attribute(value, "__name__") {
        Ok(Some(Value::Str(name))) => Some(name.to_string()),
        _ => None,
    }
}

/// The type that holds both, as numpy promotes arrays.
pub fn promote(a: DType, b: DType) -> DType {
    if a == b {
        return a;
    }
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    match (low, high) {
        (_, Object) => Object,
        (_, Str) => Str,
        (Bool, other) => other,
        (Float16, BFloat16) => Float32,
        (x, y) if x.kind() == y.kind() => {
            if x.item_size() > y.item_size() {
                x
            } else {
                y
            }
        }
        (x, y) if x.kind() == 'i' && y.kind() == 'u' => {
            if x.item_size() > y.item_size() {
                return x;
            }
            match y {
                UInt8 => Int16,
                UInt16 => Int32,
                UInt32 => Int64,
                _ => Float64,
            }
        }
        (x, float) => {
            let needed = match x {
                Int8 | UInt8 => Float16,
                Int16 | UInt16 => Float32,
                _ => Float64,
            };
            if needed > float { needed } else { float }
        }
    }
}

/// Whether a cast is within numpy's `same_kind`.
pub fn is_same_kind(from: DType, to: DType) -> bool {
    let rank = |d: DType| match d.kind() {
        'b' => 0,
        'u' => 1,
        'i' => 2,
        'f' => 3,
        'U' => 4,
        _ => 5,
    };
    rank(from) <= rank(to) || from == to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotion_is_that_of_numpy() {
        for (a, b, expected) in [
            (Bool, UInt8, UInt8),
            (UInt8, Int8, Int16),
            (UInt32, Int8, Int64),
            (UInt64, Int64, Float64),
            (Int16, UInt8, Int16),
            (Int32, Float32, Float64),
            (Int16, Float32, Float32),
            (Int8, Float16, Float16),
            (UInt8, BFloat16, BFloat16),
            (Int32, BFloat16, Float64),
            (Float16, BFloat16, Float32),
            (UInt16, Float16, Float32),
            (Float32, Float64, Float64),
        ] {
            assert_eq!(promote(a, b), expected, "{a} {b}");
            assert_eq!(promote(b, a), expected, "{b} {a}");
        }
    }
}
