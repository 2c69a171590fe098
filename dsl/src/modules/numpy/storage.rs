//! The memory of arrays: one typed vector, and numbers that convert into each other as C casts do.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::Arc;

use half::{bf16, f16};
use kerai_engine::memory;

use super::dtype::DType;
use crate::runtime::Value;

/// A vector that is copied when one of several holders writes to it. Numbers can be read on any thread meanwhile.
pub struct Shared<T>(Arc<Vec<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T> From<Vec<T>> for Shared<T> {
    fn from(elements: Vec<T>) -> Self {
        Shared(Arc::new(elements))
    }
}

impl<T> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Vec::from_iter(elements).into()
    }
}

impl<T> Deref for Shared<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: Clone> Shared<T> {
    /// The vector; a copy only if others hold it too.
    pub fn into_vec(self) -> Vec<T> {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| shared.to_vec())
    }
}

/// The elements of an array and of all its views.
#[derive(Clone)]
#[expect(missing_docs, reason = "the names are numpy's")]
pub enum Storage {
    Bool(Shared<bool>),
    Int8(Shared<i8>),
    Int16(Shared<i16>),
    Int32(Shared<i32>),
    Int64(Shared<i64>),
    UInt8(Shared<u8>),
    UInt16(Shared<u16>),
    UInt32(Shared<u32>),
    UInt64(Shared<u64>),
    Float16(Shared<f16>),
    BFloat16(Shared<bf16>),
    Float32(Shared<f32>),
    Float64(Shared<f64>),
    Str(Shared<Rc<str>>),
    Object(Shared<Value>),
}

/// Runs the same code on the vector inside, whatever its type.
macro_rules! on_any {
    ($storage:expr, $v:ident => $body:expr) => {{
        use $crate::modules::numpy::storage::Storage as S;
        match $storage {
            S::Bool($v) => $body,
            S::Int8($v) => $body,
            S::Int16($v) => $body,
            S::Int32($v) => $body,
            S::Int64($v) => $body,
            S::UInt8($v) => $body,
            S::UInt16($v) => $body,
            S::UInt32($v) => $body,
            S::UInt64($v) => $body,
            S::Float16($v) => $body,
            S::BFloat16($v) => $body,
            S::Float32($v) => $body,
            S::Float64($v) => $body,
            S::Str($v) => $body,
            S::Object($v) => $body,
        }
    }};
}

/// Runs code on the vector inside if it holds numbers, other code if not.
macro_rules! on_numbers {
    ($storage:expr, $v:ident => $body:expr, else $other:expr) => {{
        use $crate::modules::numpy::storage::Storage as S;
        match $storage {
            S::Bool($v) => $body,
            S::Int8($v) => $body,
            S::Int16($v) => $body,
            S::Int32($v) => $body,
            S::Int64($v) => $body,
            S::UInt8($v) => $body,
            S::UInt16($v) => $body,
            S::UInt32($v) => $body,
            S::UInt64($v) => $body,
            S::Float16($v) => $body,
            S::BFloat16($v) => $body,
            S::Float32($v) => $body,
            S::Float64($v) => $body,
            _ => $other,
        }
    }};
}

/// Runs code on two vectors of the same type; other code if the types differ.
macro_rules! on_pair {
    ($a:expr, $b:expr, $x:ident, $y:ident => $body:expr, else $other:expr) => {{
        use $crate::modules::numpy::storage::Storage as S;
        match ($a, $b) {
            (S::Bool($x), S::Bool($y)) => $body,
            (S::Int8($x), S::Int8($y)) => $body,
            (S::Int16($x), S::Int16($y)) => $body,
            (S::Int32($x), S::Int32($y)) => $body,
            (S::Int64($x), S::Int64($y)) => $body,
            (S::UInt8($x), S::UInt8($y)) => $body,
            (S::UInt16($x), S::UInt16($y)) => $body,
            (S::UInt32($x), S::UInt32($y)) => $body,
            (S::UInt64($x), S::UInt64($y)) => $body,
            (S::Float16($x), S::Float16($y)) => $body,
            (S::BFloat16($x), S::BFloat16($y)) => $body,
            (S::Float32($x), S::Float32($y)) => $body,
            (S::Float64($x), S::Float64($y)) => $body,
            (S::Str($x), S::Str($y)) => $body,
            (S::Object($x), S::Object($y)) => $body,
            _ => $other,
        }
    }};
}

pub(crate) use on_pair;

/// What an element takes in a vector.
fn bytes_each(dtype: DType) -> usize {
    match dtype {
        DType::Str => size_of::<Rc<str>>(),
        DType::Object => size_of::<Value>(),
        other => other.item_size(),
    }
}

impl Storage {
    /// An empty vector of the type, with room.
    pub fn with_capacity(dtype: DType, capacity: usize) -> Storage {
        memory::insist(capacity, bytes_each(dtype));
        macro_rules! make {
            ($($name:ident),*) => {
                match dtype {
                    $(DType::$name => Storage::$name(Vec::with_capacity(capacity).into()),)*
                }
            };
        }
        make!(
            Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, BFloat16,
            Float32, Float64, Str, Object
        )
    }

    /// Zeros (`False`, `""`, `0`).
    pub fn zeros(dtype: DType, length: usize) -> Storage {
        memory::insist(length, bytes_each(dtype));
        match dtype {
            DType::Bool => Storage::Bool(vec![false; length].into()),
            DType::Int8 => Storage::Int8(vec![0; length].into()),
            DType::Int16 => Storage::Int16(vec![0; length].into()),
            DType::Int32 => Storage::Int32(vec![0; length].into()),
            DType::Int64 => Storage::Int64(vec![0; length].into()),
            DType::UInt8 => Storage::UInt8(vec![0; length].into()),
            DType::UInt16 => Storage::UInt16(vec![0; length].into()),
            DType::UInt32 => Storage::UInt32(vec![0; length].into()),
            DType::UInt64 => Storage::UInt64(vec![0; length].into()),
            DType::Float16 => Storage::Float16(vec![f16::ZERO; length].into()),
            DType::BFloat16 => Storage::BFloat16(vec![bf16::ZERO; length].into()),
            DType::Float32 => Storage::Float32(vec![0.0; length].into()),
            DType::Float64 => Storage::Float64(vec![0.0; length].into()),
            DType::Str => Storage::Str(vec![Rc::from(""); length].into()),
            DType::Object => Storage::Object(vec![Value::Int(0); length].into()),
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        on_any!(self, v => v.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        match self {
            Storage::Bool(_) => DType::Bool,
            Storage::Int8(_) => DType::Int8,
            Storage::Int16(_) => DType::Int16,
            Storage::Int32(_) => DType::Int32,
            Storage::Int64(_) => DType::Int64,
            Storage::UInt8(_) => DType::UInt8,
            Storage::UInt16(_) => DType::UInt16,
            Storage::UInt32(_) => DType::UInt32,
            Storage::UInt64(_) => DType::UInt64,
            Storage::Float16(_) => DType::Float16,
            Storage::BFloat16(_) => DType::BFloat16,
            Storage::Float32(_) => DType::Float32,
            Storage::Float64(_) => DType::Float64,
            Storage::Str(_) => DType::Str,
            Storage::Object(_) => DType::Object,
        }
    }

    /// The elements at these positions, in this order.
    pub fn gather(&self, positions: impl Iterator<Item = usize>) -> Storage {
        macro_rules! gather {
            ($($name:ident),*) => {
                match self {
                    $(Storage::$name(v) => Storage::$name(positions.map(|p| v[p].clone()).collect()),)*
                }
            };
        }
        gather!(
            Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, BFloat16,
            Float32, Float64, Str, Object
        )
    }

    /// Appends a strided run of `other`, which has the same type.
    #[expect(clippy::clone_on_copy, reason = "strings and objects are not Copy")]
    pub fn extend_run(&mut self, other: &Storage, start: isize, stride: isize, length: usize) {
        on_pair!(self, other, to, from => {
            match stride {
                1 => to.extend_from_slice(&from[start as usize..start as usize + length]),
                0 => {
                    let item = from[start as usize].clone();
                    to.extend(std::iter::repeat_n(item, length));
                }
                _ => to.extend((0..length as isize).map(|i| from[(start + i * stride) as usize].clone())),
            }
        }, else ());
    }

    /// Appends numbers, cast to this type.
    pub fn extend_numbers<C: Number>(&mut self, numbers: &[C]) {
        if let Some(same) = C::vector(self) {
            same.extend_from_slice(numbers);
            return;
        }
        on_numbers!(self, v => extend(v, numbers), else ());
    }

    /// Reads a strided run as numbers of type `C`; strings and objects read as zero.
    pub fn read_run<C: Number>(&self, start: isize, stride: isize, out: &mut [C]) {
        if stride == 1
            && let Some(same) = C::slice(self)
        {
            let start = start as usize;
            out.copy_from_slice(&same[start..start + out.len()]);
            return;
        }
        on_numbers!(self, v => {
            match stride {
                1 => {
                    let start = start as usize;
                    let from = &v[start..start + out.len()];
                    for (o, &x) in out.iter_mut().zip(from) {
                        *o = C::from_number(x);
                    }
                }
                0 => out.fill(C::from_number(v[start as usize])),
                _ => {
                    let mut position = start;
                    for o in out.iter_mut() {
                        *o = C::from_number(v[position as usize]);
                        position += stride;
                    }
                }
            }
        }, else out.fill(C::default()));
    }

    /// Writes numbers over a strided run, cast to this type.
    pub fn write_run<C: Number>(&mut self, start: isize, stride: isize, numbers: &[C]) {
        on_numbers!(self, v => {
            let v = v.as_mut_slice();
            if stride == 1 {
                let start = start as usize;
                for (o, &x) in v[start..start + numbers.len()].iter_mut().zip(numbers) {
                    *o = Number::from_number(x);
                }
            } else {
                let mut position = start;
                for &x in numbers {
                    v[position as usize] = Number::from_number(x);
                    position += stride;
                }
            }
        }, else ());
    }
}

fn extend<T: Number, C: Number>(to: &mut Vec<T>, numbers: &[C]) {
    to.extend(numbers.iter().map(|&number| T::from_number(number)));
}

/// A number type of arrays. Casts are those of C on x86-64: integers wrap, floats that do not fit become the least integer.
pub trait Number: Copy + Default + PartialOrd + 'static {
    /// The type that arrays of these have.
    const DTYPE: DType;
    /// Whether it is not zero (NaN is not).
    fn to_bool(self) -> bool;
    /// As `int64`.
    fn to_i64(self) -> i64;
    /// As `uint64`.
    fn to_u64(self) -> u64;
    /// As `float32`.
    fn to_f32(self) -> f32;
    /// As `float64`.
    fn to_f64(self) -> f64;
    /// Cast from another number type.
    fn from_number<N: Number>(number: N) -> Self;
    /// The vector, if the storage has this type.
    fn vector(storage: &mut Storage) -> Option<&mut Vec<Self>>;
    /// The elements, if the storage has this type.
    fn slice(storage: &Storage) -> Option<&[Self]>;
    /// A storage of these.
    fn wrap(numbers: Vec<Self>) -> Storage;
}

macro_rules! storage_of {
    ($name:ident) => {
        const DTYPE: DType = DType::$name;
        fn vector(storage: &mut Storage) -> Option<&mut Vec<Self>> {
            match storage {
                Storage::$name(v) => Some(v),
                _ => None,
            }
        }
        fn slice(storage: &Storage) -> Option<&[Self]> {
            match storage {
                Storage::$name(v) => Some(v),
                _ => None,
            }
        }
        fn wrap(numbers: Vec<Self>) -> Storage {
            Storage::$name(numbers.into())
        }
    };
}

macro_rules! integer {
    ($type:ty, $name:ident, $to:ident) => {
        impl Number for $type {
            storage_of!($name);
            #[inline]
            fn to_bool(self) -> bool {
                self != 0
            }
            #[inline]
            fn to_i64(self) -> i64 {
                self as i64
            }
            #[inline]
            fn to_u64(self) -> u64 {
                self as u64
            }
            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn from_number<N: Number>(number: N) -> Self {
                number.$to() as $type
            }
        }
    };
}

integer!(i8, Int8, to_i64);
integer!(i16, Int16, to_i64);
integer!(i32, Int32, to_i64);
integer!(i64, Int64, to_i64);
integer!(u8, UInt8, to_i64);
integer!(u16, UInt16, to_i64);
integer!(u32, UInt32, to_i64);
integer!(u64, UInt64, to_u64);

macro_rules! float {
    ($type:ty, $name:ident, $to:ident) => {
        impl Number for $type {
            storage_of!($name);
            #[inline]
            fn to_bool(self) -> bool {
                self != 0.0
            }
            #[inline]
            fn to_i64(self) -> i64 {
                if self.abs() < 9.2e18 { self as i64 } else { i64::MIN }
            }
            #[inline]
            fn to_u64(self) -> u64 {
                if self < 9.2e18 { self.to_i64() as u64 } else { self as u64 }
            }
            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn from_number<N: Number>(number: N) -> Self {
                number.$to()
            }
        }
    };
}

float!(f32, Float32, to_f32);
float!(f64, Float64, to_f64);

impl Number for bool {
    storage_of!(Bool);
    #[inline]
    fn to_bool(self) -> bool {
        self
    }
    #[inline]
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
    #[inline]
    fn to_u64(self) -> u64 {
        u64::from(self)
    }
    #[inline]
    fn to_f32(self) -> f32 {
        f32::from(u8::from(self))
    }
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    #[inline]
    fn from_number<N: Number>(number: N) -> Self {
        number.to_bool()
    }
}

macro_rules! half_number {
    ($type:ident, $name:ident) => {
        impl Number for $type {
            storage_of!($name);
            #[inline]
            fn to_bool(self) -> bool {
                $type::to_f32(self) != 0.0
            }
            #[inline]
            fn to_i64(self) -> i64 {
                $type::to_f32(self).to_i64()
            }
            #[inline]
            fn to_u64(self) -> u64 {
                $type::to_f32(self).to_u64()
            }
            #[inline]
            fn to_f32(self) -> f32 {
                $type::to_f32(self)
            }
            #[inline]
            fn to_f64(self) -> f64 {
                $type::to_f64(self)
            }
            #[inline]
            fn from_number<N: Number>(number: N) -> Self {
                $type::from_f64(number.to_f64())
            }
        }
    };
}

half_number!(f16, Float16);
half_number!(bf16, BFloat16);
