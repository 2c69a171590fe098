//! Loops over two slices. Axes that behave alike are merged first, so that the innermost loop is long and simple.

use super::{Combine, Relation};
use rayon::prelude::*;

/// Below this many elements one thread is faster than waking others.
const PARALLEL_FROM: usize = 64 << 10;
const TASK: usize = 16 << 10;

/// How the elements of two tensors meet: merged axes with their steps (0 where repeated).
pub(super) struct Plan {
    sizes: Vec<usize>,
    a_steps: Vec<usize>,
    b_steps: Vec<usize>,
}

impl Plan {
    pub(super) fn new(a: &[usize], b: &[usize], shape: &[usize]) -> Self {
        let mut plan = Plan { sizes: Vec::new(), a_steps: Vec::new(), b_steps: Vec::new() };
        let (mut a_step, mut b_step) = (1, 1);
        for axis in (0..shape.len()).rev() {
            let size_in = |input: &[usize]| match (axis + input.len()).checked_sub(shape.len()) {
                Some(i) => input[i],
                None => 1,
            };
            let (in_a, in_b, size) = (size_in(a), size_in(b), shape[axis]);
            let steps = (if in_a == 1 { 0 } else { a_step }, if in_b == 1 { 0 } else { b_step });
            a_step *= in_a;
            b_step *= in_b;
            if size == 1 {
                continue;
            }
            // Built from the last axis on; an axis joins the one before it if both tensors go on where they were.
            let joins = plan.sizes.last().is_some_and(|inner| {
                let at = plan.sizes.len() - 1;
                steps.0 == plan.a_steps[at] * inner && steps.1 == plan.b_steps[at] * inner
            });
            if let (true, Some(inner)) = (joins, plan.sizes.last_mut()) {
                *inner *= size;
            } else {
                plan.sizes.push(size);
                plan.a_steps.push(steps.0);
                plan.b_steps.push(steps.1);
            }
        }
        if plan.sizes.is_empty() {
            plan = Plan { sizes: vec![1], a_steps: vec![1], b_steps: vec![1] };
        }
        if shape.contains(&0) {
            plan = Plan { sizes: vec![0], a_steps: vec![1], b_steps: vec![1] };
        }
        plan
    }

    /// Where row number `row` (all axes but the innermost) begins in both tensors.
    fn start(&self, mut row: usize) -> (usize, usize) {
        let (mut a, mut b) = (0, 0);
        for axis in 1..self.sizes.len() {
            let i = row % self.sizes[axis];
            row /= self.sizes[axis];
            a += i * self.a_steps[axis];
            b += i * self.b_steps[axis];
        }
        (a, b)
    }

    fn run<A: Copy + Sync, B: Copy + Sync, Y: Default + Copy + Send>(
        &self,
        a: &[A],
        b: &[B],
        f: impl Fn(A, B) -> Y + Sync + Copy,
    ) -> Vec<Y> {
        let inner = self.sizes[0];
        let mut y = vec![Y::default(); self.sizes.iter().product()];
        let steps = (self.a_steps[0], self.b_steps[0]);
        // A piece of a row: it begins at element `at` of row `row`.
        let piece = |y: &mut [Y], row: usize, at: usize| {
            let (mut i, mut j) = self.start(row);
            (i, j) = (i + at * steps.0, j + at * steps.1);
            match steps {
                (1, 1) => {
                    let n = y.len();
                    for ((y, a), b) in y.iter_mut().zip(&a[i..i + n]).zip(&b[j..j + n]) {
                        *y = f(*a, *b);
                    }
                }
                (1, 0) => {
                    let (n, b) = (y.len(), b[j]);
                    for (y, a) in y.iter_mut().zip(&a[i..i + n]) {
                        *y = f(*a, b);
                    }
                }
                (0, 1) => {
                    let (n, a) = (y.len(), a[i]);
                    for (y, b) in y.iter_mut().zip(&b[j..j + n]) {
                        *y = f(a, *b);
                    }
                }
                _ => {
                    for y in y.iter_mut() {
                        *y = f(a[i], b[j]);
                        (i, j) = (i + steps.0, j + steps.1);
                    }
                }
            }
        };
        if y.is_empty() {
            return y;
        }
        let parallel = y.len() >= PARALLEL_FROM;
        if inner >= TASK {
            let rows = y.chunks_mut(inner).enumerate();
            rows.for_each(|(row, y)| {
                if parallel {
                    let pieces = y.par_chunks_mut(TASK).enumerate();
                    pieces.for_each(|(i, y)| piece(y, row, i * TASK));
                } else {
                    piece(y, row, 0);
                }
            });
        } else {
            let per_task = TASK.div_ceil(inner);
            let work = |(task, y): (usize, &mut [Y])| {
                for (i, y) in y.chunks_mut(inner).enumerate() {
                    piece(y, task * per_task + i, 0);
                }
            };
            if parallel {
                y.par_chunks_mut(inner * per_task).enumerate().for_each(work);
            } else {
                y.chunks_mut(inner * per_task).enumerate().for_each(work);
            }
        }
        y
    }
}

/// Numbers as these functions use them.
#[expect(missing_docs, reason = "the names say it")]
pub trait Number: candle_core::WithDType + Default {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn over(self, other: Self) -> Self;
    fn floor_over(self, other: Self) -> Self;
    fn modulo(self, other: Self) -> Self;
    fn raised(self, other: Self) -> Self;
    fn angle(self, other: Self) -> Self;
    fn bits(self) -> i64;
    fn from_bits_of(bits: i64) -> Self;

    /// The larger; a NaN wins.
    #[inline(always)]
    #[expect(clippy::eq_op, reason = "only a NaN differs from itself")]
    fn larger(self, other: Self) -> Self {
        if self >= other || self != self { self } else { other }
    }

    /// The smaller; a NaN wins.
    #[inline(always)]
    #[expect(clippy::eq_op, reason = "only a NaN differs from itself")]
    fn smaller(self, other: Self) -> Self {
        if self <= other || self != self { self } else { other }
    }
}

macro_rules! float {
    ($($type:ty),*) => {$(
        impl Number for $type {
            #[inline(always)]
            fn plus(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn minus(self, other: Self) -> Self { self - other }
            #[inline(always)]
            fn times(self, other: Self) -> Self { self * other }
            #[inline(always)]
            fn over(self, other: Self) -> Self { self / other }
            #[inline(always)]
            fn floor_over(self, other: Self) -> Self { (self / other).floor() }
            fn modulo(self, other: Self) -> Self {
                let rest = self % other;
                if rest != 0.0 && (rest < 0.0) != (other < 0.0) { rest + other } else { rest }
            }
            fn raised(self, other: Self) -> Self {
                libm::pow(f64::from(self), f64::from(other)) as $type
            }
            fn angle(self, other: Self) -> Self { self.atan2(other) }
            fn bits(self) -> i64 { self as i64 }
            fn from_bits_of(bits: i64) -> Self { bits as $type }
        }
    )*};
}
float!(f32, f64);

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Number for $type {
            #[inline(always)]
            fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn minus(self, other: Self) -> Self { self.wrapping_sub(other) }
            #[inline(always)]
            fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
            fn over(self, other: Self) -> Self { self.floor_over(other) }
            #[allow(unused_comparisons, reason = "the same for signed and unsigned numbers")]
            fn floor_over(self, other: Self) -> Self {
                let Some(quotient) = self.checked_div(other) else { return 0 };
                let rest = self.wrapping_sub(quotient.wrapping_mul(other));
                if rest != 0 && (rest < 0) != (other < 0) { quotient - 1 } else { quotient }
            }
            #[allow(unused_comparisons, reason = "the same for signed and unsigned numbers")]
            fn modulo(self, other: Self) -> Self {
                let Some(rest) = self.checked_rem(other) else { return 0 };
                if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest }
            }
            #[allow(unused_comparisons, reason = "the same for signed and unsigned numbers")]
            fn raised(self, other: Self) -> Self {
                if other < 0 {
                    return 0;
                }
                self.wrapping_pow(u32::try_from(other).unwrap_or(u32::MAX))
            }
            fn angle(self, _: Self) -> Self { 0 }
            fn bits(self) -> i64 { i64::from(self) }
            fn from_bits_of(bits: i64) -> Self { bits as $type }
        }
    )*};
}
integer!(i32, i64, u8, u32);

pub(super) fn combine<T: Number + Sync + Send>(
    function: Combine,
    plan: &Plan,
    a: &[T],
    b: &[T],
) -> Vec<T> {
    match function {
        Combine::Add => plan.run(a, b, T::plus),
        Combine::Subtract => plan.run(a, b, T::minus),
        Combine::Multiply => plan.run(a, b, T::times),
        Combine::Divide => plan.run(a, b, T::over),
        Combine::FloorDivide => plan.run(a, b, T::floor_over),
        Combine::Mod => plan.run(a, b, T::modulo),
        Combine::Power => plan.run(a, b, T::raised),
        Combine::Maximum => plan.run(a, b, T::larger),
        Combine::Minimum => plan.run(a, b, T::smaller),
        Combine::Atan2 => plan.run(a, b, T::angle),
        Combine::BitAnd => plan.run(a, b, |a, b| T::from_bits_of(a.bits() & b.bits())),
        Combine::BitOr => plan.run(a, b, |a, b| T::from_bits_of(a.bits() | b.bits())),
        Combine::BitXor => plan.run(a, b, |a, b| T::from_bits_of(a.bits() ^ b.bits())),
        Combine::ShiftLeft => {
            plan.run(a, b, |a, b| T::from_bits_of(a.bits() << b.bits().clamp(0, 63)))
        }
        Combine::ShiftRight => {
            plan.run(a, b, |a, b| T::from_bits_of(a.bits() >> b.bits().clamp(0, 63)))
        }
    }
}

pub(super) fn relate<T: Number + Sync + Send>(
    relation: Relation,
    plan: &Plan,
    a: &[T],
    b: &[T],
) -> Vec<u8> {
    let zero = T::default();
    match relation {
        Relation::Equal => plan.run(a, b, |a, b| u8::from(a == b)),
        Relation::NotEqual => plan.run(a, b, |a, b| u8::from(a != b)),
        Relation::Less => plan.run(a, b, |a, b| u8::from(a < b)),
        Relation::LessEqual => plan.run(a, b, |a, b| u8::from(a <= b)),
        Relation::Greater => plan.run(a, b, |a, b| u8::from(a > b)),
        Relation::GreaterEqual => plan.run(a, b, |a, b| u8::from(a >= b)),
        Relation::And => plan.run(a, b, move |a, b| u8::from(a != zero && b != zero)),
        Relation::Or => plan.run(a, b, move |a, b| u8::from(a != zero || b != zero)),
        Relation::Xor => plan.run(a, b, move |a, b| u8::from((a != zero) != (b != zero))),
    }
}
