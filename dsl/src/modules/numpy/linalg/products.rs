//! `@`, `dot`, `inner`, `outer`, `tensordot`, `vdot`.

use crate::modules::numpy::array::Array;
use crate::modules::numpy::dtype::{DType, promote};
use crate::modules::numpy::layout::{Class, broadcast_shape, class_of};
use crate::modules::numpy::shape_text;
use crate::modules::numpy::storage::{Number, Storage};
use crate::runtime::{Exception, PyResult};
use kerai_engine::memory;

/// Up to this many multiplications every product is fused with its sum, in order: the digits that a BLAS gives.
const FUSED: usize = 1 << 18;

/// What a matrix product needs of a number.
pub(crate) trait Ring: Number {
    /// `self * b + c`, rounded once where floats can.
    fn fused(self, b: Self, c: Self) -> Self;
    /// `self * b + c`, as fast as possible.
    fn quick(self, b: Self, c: Self) -> Self;
}

macro_rules! float_ring {
    ($type:ty) => {
        impl Ring for $type {
            #[inline]
            fn fused(self, b: Self, c: Self) -> Self {
                self.mul_add(b, c)
            }
            #[inline]
            fn quick(self, b: Self, c: Self) -> Self {
                self * b + c
            }
        }
    };
}
float_ring!(f32);
float_ring!(f64);

macro_rules! integer_ring {
    ($type:ty) => {
        impl Ring for $type {
            #[inline]
            fn fused(self, b: Self, c: Self) -> Self {
                self.wrapping_mul(b).wrapping_add(c)
            }
            #[inline]
            fn quick(self, b: Self, c: Self) -> Self {
                self.wrapping_mul(b).wrapping_add(c)
            }
        }
    };
}
integer_ring!(i64);
integer_ring!(u64);

/// `[rows, depth] x [depth, columns]`, all in C order.
pub(crate) fn matrix<C: Ring>(
    a: &[C],
    b: &[C],
    rows: usize,
    depth: usize,
    columns: usize,
) -> Vec<C> {
    memory::insist(rows.saturating_mul(columns), size_of::<C>());
    let mut out = vec![C::default(); rows * columns];
    if rows * columns == 0 || depth == 0 {
        return out;
    }
    if rows * columns * depth <= FUSED {
        for (row, a) in out.chunks_exact_mut(columns).zip(a.chunks_exact(depth)) {
            for (&x, b) in a.iter().zip(b.chunks_exact(columns)) {
                for (o, &y) in row.iter_mut().zip(b) {
                    *o = x.fused(y, *o);
                }
            }
        }
        return out;
    }
    if columns == 1 {
        for (o, a) in out.iter_mut().zip(a.chunks_exact(depth)) {
            *o = dot_product(a, b);
        }
        return out;
    }
    // Blocks of the depth keep the rows of `b` in the cache; four rows of `b` at a time save loads and stores.
    const BLOCK: usize = 64;
    for start in (0..depth).step_by(BLOCK) {
        let end = (start + BLOCK).min(depth);
        for (row, a) in out.chunks_exact_mut(columns).zip(a.chunks_exact(depth)) {
            let mut k = start;
            while k + 4 <= end {
                let (x0, x1, x2, x3) = (a[k], a[k + 1], a[k + 2], a[k + 3]);
                let four = &b[k * columns..(k + 4) * columns];
                let (b0, rest) = four.split_at(columns);
                let (b1, rest) = rest.split_at(columns);
                let (b2, b3) = rest.split_at(columns);
                for ((((o, &y0), &y1), &y2), &y3) in row.iter_mut().zip(b0).zip(b1).zip(b2).zip(b3)
                {
                    *o = x3.quick(y3, x2.quick(y2, x1.quick(y1, x0.quick(y0, *o))));
                }
                k += 4;
            }
            for k in k..end {
                let x = a[k];
                for (o, &y) in row.iter_mut().zip(&b[k * columns..(k + 1) * columns]) {
                    *o = x.quick(y, *o);
                }
            }
        }
    }
    out
}

/// The sum of products, in eight interleaved parts.
fn dot_product<C: Ring>(a: &[C], b: &[C]) -> C {
    let mut parts = [C::default(); 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a8.remainder().iter().zip(b8.remainder());
    for (x, y) in a8.zip(b8) {
        for (part, (&x, &y)) in parts.iter_mut().zip(x.iter().zip(y)) {
            *part = x.quick(y, *part);
        }
    }
    let one = C::from_number(1_u8);
    let mut sum = parts.into_iter().fold(C::default(), |sum, part| part.quick(one, sum));
    for (&x, &y) in rest {
        sum = x.quick(y, sum);
    }
    sum
}

/// The type of a product, refused for text and objects.
fn product_type(a: &Array, b: &Array, name: &str) -> PyResult<DType> {
    let dtype = promote(a.dtype(), b.dtype());
    if !dtype.is_number() {
        return Err(Exception::type_error(format!(
            "ufunc '{name}' did not contain a loop with signature matching types ({}, {}) -> None",
            a.dtype(),
            b.dtype()
        )));
    }
    Ok(dtype)
}

/// A stack of matrix products: `[count, rows, depth] x [count, depth, columns]`, with strides of zero allowed.
fn batch(a: &Array, b: &Array, dtype: DType) -> Array {
    fn run<C: Ring>(a: &Array, b: &Array, dtype: DType) -> Array {
        let ndim = a.ndim();
        let (rows, depth) = (a.shape()[ndim - 2], a.shape()[ndim - 1]);
        let columns = b.shape()[ndim - 1];
        let mut shape = a.shape()[..ndim - 2].to_vec();
        let count: usize = shape.iter().product();
        shape.extend([rows, columns]);
        let mut out = Storage::with_capacity(dtype, count * rows * columns);
        let (a, b) = (a.to_vec::<C>(), b.to_vec::<C>());
        for i in 0..count {
            let x = &a[i * rows * depth..(i + 1) * rows * depth];
            let y = &b[i * depth * columns..(i + 1) * depth * columns];
            out.extend_numbers(&matrix(x, y, rows, depth, columns));
        }
        Array::from_storage(&shape, out)
    }
    match class_of(dtype) {
        Class::Single => run::<f32>(a, b, dtype),
        Class::Double => run::<f64>(a, b, dtype),
        Class::Unsigned => run::<u64>(a, b, dtype),
        Class::Bool | Class::Int => run::<i64>(a, b, dtype),
    }
}

/// `a @ b`
pub(crate) fn matmul(a: &Array, b: &Array) -> PyResult<Array> {
    const SIGNATURE: &str = "(n?,k),(k,m?)->(n?,m?)";
    for (i, x) in [a, b].into_iter().enumerate() {
        if x.ndim() == 0 {
            return Err(Exception::value_error(format!(
                "matmul: Input operand {i} does not have enough dimensions (has 0, gufunc core \
                 with signature {SIGNATURE} requires 1)"
            )));
        }
    }
    let dtype = product_type(a, b, "matmul")?;
    let x = if a.ndim() == 1 { a.reshaped(&[1, a.size()])? } else { a.clone() };
    let y = if b.ndim() == 1 { b.reshaped(&[b.size(), 1])? } else { b.clone() };
    let (depth, other) = (x.shape()[x.ndim() - 1], y.shape()[y.ndim() - 2]);
    if depth != other {
        return Err(Exception::value_error(format!(
            "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature \
             {SIGNATURE} (size {other} is different from {depth})"
        )));
    }
    let (x_outer, y_outer) = (&x.shape()[..x.ndim() - 2], &y.shape()[..y.ndim() - 2]);
    let outer = broadcast_shape(&[x_outer, y_outer])?;
    let result = if y.ndim() == 2 && x.ndim() > 2 {
        // One matrix for the whole stack: one large product.
        let rows: usize = x.shape()[..x.ndim() - 1].iter().product();
        let flat = batch(&x.reshaped(&[rows, depth])?, &y, dtype);
        let mut shape = x.shape().to_vec();
        shape[x.ndim() - 1] = y.shape()[1];
        flat.reshaped(&shape)?
    } else {
        let with = |tail: &[usize]| [&outer[..], &tail[tail.len() - 2..]].concat();
        let x = x.broadcast_to(&with(x.shape()))?;
        let y = y.broadcast_to(&with(y.shape()))?;
        batch(&x, &y, dtype)
    };
    let mut shape = result.shape().to_vec();
    if b.ndim() == 1 {
        shape.pop();
    }
    if a.ndim() == 1 {
        let row = shape.len() - usize::from(b.ndim() > 1) - 1;
        shape.remove(row);
    }
    result.reshaped(&shape)
}

/// `np.dot(a, b)`
pub(crate) fn dot(a: &Array, b: &Array) -> PyResult<Array> {
    let dtype = product_type(a, b, "dot")?;
    if a.ndim() == 0 || b.ndim() == 0 {
        use crate::modules::numpy::arith::Op;
        use crate::modules::numpy::ufunc::{Operand, binary};
        let (a, b) = (Operand::strong(a.clone()), Operand::strong(b.clone()));
        return binary(Op::Multiply, &a, &b, None);
    }
    let a_axis = a.ndim() - 1;
    let b_axis = b.ndim().saturating_sub(2);
    if a.shape()[a_axis] != b.shape()[b_axis] {
        let text = |shape: &[usize]| shape_text(shape).replace(", ", ",");
        return Err(Exception::value_error(format!(
            "shapes {} and {} not aligned: {} (dim {a_axis}) != {} (dim {b_axis})",
            text(a.shape()),
            text(b.shape()),
            a.shape()[a_axis],
            b.shape()[b_axis]
        )));
    }
    contract(a, b, &[a_axis], &[b_axis], dtype)
}

/// Sums products over pairs of axes of equal length; what is left of `a` comes before what is left of `b`.
fn contract(
    a: &Array,
    b: &Array,
    a_axes: &[usize],
    b_axes: &[usize],
    dtype: DType,
) -> PyResult<Array> {
    let a_rest: Vec<usize> = (0..a.ndim()).filter(|axis| !a_axes.contains(axis)).collect();
    let b_rest: Vec<usize> = (0..b.ndim()).filter(|axis| !b_axes.contains(axis)).collect();
    let lengths = |array: &Array, axes: &[usize]| -> Vec<usize> {
        axes.iter().map(|&axis| array.shape()[axis]).collect()
    };
    let (rows, columns) = (lengths(a, &a_rest), lengths(b, &b_rest));
    let depth: usize = lengths(a, a_axes).iter().product();
    let left = a.permuted(&[&a_rest[..], a_axes].concat());
    let right = b.permuted(&[b_axes, &b_rest[..]].concat());
    let left = left.reshaped(&[rows.iter().product(), depth])?;
    let right = right.reshaped(&[depth, columns.iter().product()])?;
    batch(&left, &right, dtype).reshaped(&[rows, columns].concat())
}

/// `np.inner(a, b)`
pub(crate) fn inner(a: &Array, b: &Array) -> PyResult<Array> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return dot(a, b);
    }
    let dtype = product_type(a, b, "inner")?;
    let (x, y) = (a.ndim() - 1, b.ndim() - 1);
    if a.shape()[x] != b.shape()[y] {
        let text = |shape: &[usize]| shape_text(shape).replace(", ", ",");
        return Err(Exception::value_error(format!(
            "shapes {} and {} not aligned: {} (dim {x}) != {} (dim {y})",
            text(a.shape()),
            text(b.shape()),
            a.shape()[x],
            b.shape()[y]
        )));
    }
    contract(a, b, &[x], &[y], dtype)
}

/// `np.outer(a, b)`
pub(crate) fn outer(a: &Array, b: &Array) -> PyResult<Array> {
    use crate::modules::numpy::arith::Op;
    use crate::modules::numpy::ufunc::{Operand, binary};
    let a = Operand::strong(a.reshaped(&[a.size(), 1])?);
    let b = Operand::strong(b.reshaped(&[1, b.size()])?);
    binary(Op::Multiply, &a, &b, None)
}

/// `np.vdot(a, b)`
pub(crate) fn vdot(a: &Array, b: &Array) -> PyResult<Array> {
    if a.size() != b.size() {
        return Err(Exception::value_error(format!(
            "cannot reshape array of size {} into shape ({},)",
            b.size(),
            a.size()
        )));
    }
    dot(&a.reshaped(&[a.size()])?, &b.reshaped(&[b.size()])?)
}

/// `np.tensordot(a, b, axes)` with the axes of each.
pub(crate) fn tensordot(
    a: &Array,
    b: &Array,
    a_axes: &[usize],
    b_axes: &[usize],
) -> PyResult<Array> {
    let fits = a_axes.len() == b_axes.len()
        && a_axes.iter().zip(b_axes).all(|(&x, &y)| a.shape()[x] == b.shape()[y]);
    if !fits {
        return Err(Exception::value_error("shape-mismatch for sum"));
    }
    contract(a, b, a_axes, b_axes, product_type(a, b, "tensordot")?)
}
