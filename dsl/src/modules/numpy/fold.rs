//! Reductions over axes, in numpy's order of additions: memory order, pairwise along contiguous runs.

use super::array::Array;
use super::dtype::DType;
use super::layout::{by_class, class_of, contiguous_strides};
use super::storage::{Number, Storage};
use crate::runtime::{Exception, PyResult};

/// What is folded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fold {
    Sum,
    Product,
    Minimum,
    Maximum,
    Any,
    All,
}

/// How one type folds.
struct Rule<C> {
    start: C,
    run: fn(C, &[C]) -> C,
    pairs: fn(&mut [C], &[C]),
}

pub(crate) trait Foldable: Number {
    /// Sum of a run, as numpy adds it up.
    fn sum(run: &[Self]) -> Self;
    fn add(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    fn smaller(self, other: Self) -> Self;
    fn larger(self, other: Self) -> Self;
    const LEAST: Self;
    const MOST: Self;
    const ZERO: Self;
    const ONE: Self;
}

macro_rules! integer_fold {
    ($type:ty) => {
        impl Foldable for $type {
            fn sum(run: &[Self]) -> Self {
                run.iter().fold(0, |sum, &x| sum.wrapping_add(x))
            }
            #[inline]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn multiply(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline]
            fn smaller(self, other: Self) -> Self {
                self.min(other)
            }
            #[inline]
            fn larger(self, other: Self) -> Self {
                self.max(other)
            }
            const LEAST: Self = <$type>::MIN;
            const MOST: Self = <$type>::MAX;
            const ZERO: Self = 0;
            const ONE: Self = 1;
        }
    };
}
integer_fold!(i64);
integer_fold!(u64);

macro_rules! float_fold {
    ($type:ty) => {
        impl Foldable for $type {
            fn sum(run: &[Self]) -> Self {
                // numpy's pairwise summation: eight parts up to 128 elements, halves above.
                if run.len() < 8 {
                    return run.iter().fold(-0.0, |sum, &x| sum + x);
                }
                if run.len() <= 128 {
                    let mut r = [0.0; 8];
                    r.copy_from_slice(&run[..8]);
                    let mut eights = run[8..].chunks_exact(8);
                    for eight in &mut eights {
                        for (r, &x) in r.iter_mut().zip(eight) {
                            *r += x;
                        }
                    }
                    let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
                    return eights.remainder().iter().fold(sum, |sum, &x| sum + x);
                }
                let half = run.len() / 2;
                let half = half - half % 8;
                Self::sum(&run[..half]) + Self::sum(&run[half..])
            }
            #[inline]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline]
            fn multiply(self, other: Self) -> Self {
                self * other
            }
            #[inline]
            fn smaller(self, other: Self) -> Self {
                if self <= other || self.is_nan() { self } else { other }
            }
            #[inline]
            fn larger(self, other: Self) -> Self {
                if self >= other || self.is_nan() { self } else { other }
            }
            const LEAST: Self = <$type>::NEG_INFINITY;
            const MOST: Self = <$type>::INFINITY;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
        }
    };
}
float_fold!(f32);
float_fold!(f64);

impl Foldable for bool {
    fn sum(run: &[Self]) -> Self {
        run.contains(&true)
    }
    #[inline]
    fn add(self, other: Self) -> Self {
        self | other
    }
    #[inline]
    fn multiply(self, other: Self) -> Self {
        self & other
    }
    #[inline]
    fn smaller(self, other: Self) -> Self {
        self & other
    }
    #[inline]
    fn larger(self, other: Self) -> Self {
        self | other
    }
    const LEAST: Self = false;
    const MOST: Self = true;
    const ZERO: Self = false;
    const ONE: Self = true;
}

fn rule<C: Foldable>(fold: Fold) -> Rule<C> {
    macro_rules! rule {
        ($start:expr, $function:ident) => {
            Rule {
                start: $start,
                run: |start, run| run.iter().fold(start, |a, &b| a.$function(b)),
                pairs: |to, run| to.iter_mut().zip(run).for_each(|(a, &b)| *a = a.$function(b)),
            }
        };
    }
    match fold {
        Fold::Sum => Rule { run: |start, run| start.add(C::sum(run)), ..rule!(C::ZERO, add) },
        Fold::Product => rule!(C::ONE, multiply),
        Fold::Minimum | Fold::All => Rule {
            run: |start, run| {
                // Eight independent parts, so that the loop does not wait for each result.
                let mut parts = [start; 8];
                let eights = run.chunks_exact(8);
                let rest = eights.remainder();
                for eight in eights {
                    parts.iter_mut().zip(eight).for_each(|(a, &b)| *a = a.smaller(b));
                }
                parts.iter().chain(rest).fold(start, |a, &b| a.smaller(b))
            },
            ..rule!(C::MOST, smaller)
        },
        Fold::Maximum | Fold::Any => Rule {
            run: |start, run| {
                let mut parts = [start; 8];
                let eights = run.chunks_exact(8);
                let rest = eights.remainder();
                for eight in eights {
                    parts.iter_mut().zip(eight).for_each(|(a, &b)| *a = a.larger(b));
                }
                parts.iter().chain(rest).fold(start, |a, &b| a.larger(b))
            },
            ..rule!(C::LEAST, larger)
        },
    }
}

/// One axis of the pass: its length and its steps through the argument and the result.
#[derive(Clone, Copy)]
struct Axis {
    length: usize,
    from: isize,
    to: isize,
}

/// The shape that is left; `keepdims` leaves ones.
pub(crate) fn left_shape(shape: &[usize], axes: &[usize], keepdims: bool) -> Vec<usize> {
    shape
        .iter()
        .enumerate()
        .filter_map(|(axis, &n)| match (axes.contains(&axis), keepdims) {
            (false, _) => Some(n),
            (true, true) => Some(1),
            (true, false) => None,
        })
        .collect()
}

/// The type of a sum or product.
pub(crate) fn sum_type(dtype: DType) -> DType {
    match dtype.kind() {
        'b' | 'i' => DType::Int64,
        'u' => DType::UInt64,
        _ => dtype,
    }
}

/// Folds over axes.
pub(crate) fn fold(
    fold: Fold,
    array: &Array,
    axes: &[usize],
    keepdims: bool,
    dtype: Option<DType>,
) -> PyResult<Array> {
    let dtype = match (fold, dtype) {
        (Fold::Any | Fold::All, _) => DType::Bool,
        (_, Some(dtype)) => dtype,
        (Fold::Sum | Fold::Product, None) => sum_type(array.dtype()),
        _ => array.dtype(),
    };
    let count: usize = axes.iter().map(|&axis| array.shape()[axis]).product();
    if count == 0 && matches!(fold, Fold::Minimum | Fold::Maximum) {
        let name = if fold == Fold::Minimum { "minimum" } else { "maximum" };
        return Err(Exception::value_error(format!(
            "zero-size array to reduction operation {name} which has no identity"
        )));
    }
    let shape = left_shape(array.shape(), axes, keepdims);
    by_class!(class_of(dtype), C => {
        let numbers = run::<C>(array, axes, &rule::<C>(fold));
        let mut out = Storage::with_capacity(dtype, numbers.len());
        out.extend_numbers(&numbers);
        Ok(Array::from_storage(&shape, out))
    })
}

fn run<C: Foldable>(array: &Array, axes: &[usize], rule: &Rule<C>) -> Vec<C> {
    let kept = left_shape(array.shape(), axes, true);
    let to = contiguous_strides(&kept);
    let mut out = vec![rule.start; kept.iter().product()];
    if array.size() == 0 {
        return out;
    }
    let mut offset = array.offset as isize;
    let mut passes: Vec<Axis> = Vec::new();
    for (axis, &step_of_result) in to.iter().enumerate() {
        let length = array.shape()[axis];
        if length == 1 {
            continue;
        }
        let mut step = Axis {
            length,
            from: array.strides[axis],
            to: if axes.contains(&axis) { 0 } else { step_of_result },
        };
        if step.to == 0 && step.from < 0 {
            offset += step.from * (length as isize - 1);
            step.from = -step.from;
        }
        passes.push(step);
    }
    passes.sort_by_key(|axis| std::cmp::Reverse(axis.from.abs()));
    let mut merged: Vec<Axis> = Vec::new();
    for axis in passes {
        match merged.last_mut() {
            Some(last)
                if last.from == axis.from * axis.length as isize
                    && last.to == axis.to * axis.length as isize =>
            {
                *last = Axis { length: last.length * axis.length, ..axis };
            }
            _ => merged.push(axis),
        }
    }
    let inner = merged.pop().unwrap_or(Axis { length: 1, from: 1, to: 0 });
    let storage = array.storage.borrow();
    // Numbers that must be cast pass through a buffer of numpy's size, others as whole runs.
    let direct = if inner.from == 1 { C::slice(&storage) } else { None };
    let piece = match C::DTYPE == array.dtype() {
        true => inner.length,
        false => inner.length.min(8192),
    };
    let mut buffer = vec![C::default(); if direct.is_some() { 0 } else { piece }];
    let mut index = vec![0; merged.len()];
    let mut position = 0_isize;
    loop {
        let mut done = 0;
        while done < inner.length {
            let n = piece.min(inner.length - done);
            let start = offset + done as isize * inner.from;
            let run = match direct {
                Some(numbers) => &numbers[start as usize..start as usize + n],
                None => {
                    storage.read_run(start, inner.from, &mut buffer[..n]);
                    &buffer[..n]
                }
            };
            if inner.to == 0 {
                let slot = &mut out[position as usize];
                *slot = (rule.run)(*slot, run);
            } else if inner.to == 1 {
                let start = position as usize + done;
                (rule.pairs)(&mut out[start..start + n], run);
            } else {
                for (i, x) in run.iter().enumerate() {
                    let slot = (position + (done + i) as isize * inner.to) as usize;
                    (rule.pairs)(&mut out[slot..=slot], std::slice::from_ref(x));
                }
            }
            done += n;
        }
        let mut axis = merged.len();
        loop {
            if axis == 0 {
                return out;
            }
            axis -= 1;
            let step = merged[axis];
            index[axis] += 1;
            offset += step.from;
            position += step.to;
            if index[axis] < step.length {
                break;
            }
            offset -= step.from * step.length as isize;
            position -= step.to * step.length as isize;
            index[axis] = 0;
        }
    }
}

/// The mean, in numpy's types: integers as float64, float16 in float32.
pub(crate) fn mean(
    array: &Array,
    axes: &[usize],
    keepdims: bool,
    dtype: Option<DType>,
) -> PyResult<Array> {
    let result = dtype.unwrap_or(match array.dtype() {
        d if d.is_float() => d,
        _ => DType::Float64,
    });
    let inside = if result.is_half() { DType::Float32 } else { result };
    let sum = fold(Fold::Sum, array, axes, keepdims, Some(inside))?;
    let count: usize = axes.iter().map(|&axis| array.shape()[axis]).product();
    divide(&sum, count as f64, result)
}

/// Divides by a count in float64, as numpy does, and goes back to the type.
fn divide(sum: &Array, count: f64, dtype: DType) -> PyResult<Array> {
    let numbers: Vec<f64> = sum.to_f64_vec().into_iter().map(|x| x / count).collect();
    let mut out = Storage::with_capacity(dtype, numbers.len());
    out.extend_numbers(&numbers);
    Ok(Array::from_storage(sum.shape(), out))
}

/// The variance; `root` gives the standard deviation.
pub(crate) fn variance(
    array: &Array,
    axes: &[usize],
    keepdims: bool,
    ddof: f64,
    (dtype, root): (Option<DType>, bool),
) -> PyResult<Array> {
    use super::arith::{Function, Op};
    use super::ufunc::{Operand, binary, unary};
    let result = dtype.unwrap_or(match array.dtype() {
        d if d.is_float() => d,
        _ => DType::Float64,
    });
    let inside = if result.is_half() { DType::Float32 } else { result };
    let center = mean(array, axes, true, Some(inside))?;
    let source = if array.dtype().is_half() { array.cast(inside)? } else { array.clone() };
    let (a, b) = (Operand::strong(source), Operand::strong(center));
    let distance = Operand::strong(binary(Op::Subtract, &a, &b, Some(inside))?);
    let squares = binary(Op::Multiply, &distance, &distance, None)?;
    let sum = fold(Fold::Sum, &squares, axes, keepdims, Some(inside))?;
    let count: usize = axes.iter().map(|&axis| array.shape()[axis]).product();
    let variance = divide(&sum, (count as f64 - ddof).max(0.0), inside)?;
    let variance = if root { unary(Function::Sqrt, "sqrt", &variance, None)? } else { variance };
    variance.as_type(result)
}

/// The lanes along an axis, copied one after the other, with the shape of the rest.
pub(crate) struct Lanes<C> {
    pub(crate) numbers: Vec<C>,
    pub(crate) length: usize,
    pub(crate) rest: Vec<usize>,
}

impl<C: Number> Lanes<C> {
    pub(crate) fn new(array: &Array, axis: usize) -> Lanes<C> {
        let mut order: Vec<usize> = (0..array.ndim()).filter(|&other| other != axis).collect();
        let rest = order.iter().map(|&axis| array.shape()[axis]).collect();
        order.push(axis);
        Lanes { numbers: array.permuted(&order).to_vec(), length: array.shape()[axis], rest }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[C]> {
        let count: usize = self.rest.iter().product();
        (0..count).map(|i| &self.numbers[i * self.length..(i + 1) * self.length])
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut [C]> {
        let length = self.length.max(1);
        self.numbers.chunks_exact_mut(length)
    }
}

/// The inverse of [`Lanes`]: numbers lane after lane become an array with the lanes along `axis`.
pub(crate) fn from_lanes(storage: Storage, rest: &[usize], length: usize, axis: usize) -> Array {
    let shape = [rest, &[length]].concat();
    let flat = Array::from_storage(&shape, storage);
    let mut order: Vec<usize> = (0..rest.len()).collect();
    order.insert(axis, rest.len());
    flat.permuted(&order).contiguous()
}
