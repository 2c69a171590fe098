//! The sum of two tensors of one shape, with a relu in the same pass if asked for: `y = relu(a + b)`.
//!
//! Shapes: a, b and y any, the same. Derivatives: both gradients are dy where `y > 0` (without relu: dy).

mod cpu;
pub mod reference;

use super::dense::before_relu;
use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::Result;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;

/// `relu(a + b)`, tracked. The shapes are the same.
pub fn add_relu(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let value = sum(a.array(), b.array(), true)?;
    if !tape::is_tracked(&[a, b]) {
        return Ok(Tensor::new(value));
    }
    let y = value.clone();
    Ok(tape::record("add_relu", &[a, b], value, move |dy, _| {
        let dz = before_relu(&y, dy)?;
        Ok(vec![Some(dz.clone()), Some(dz)])
    }))
}

/// `a + b`, with a relu if asked for.
pub fn sum(a: &Array, b: &Array, relu: bool) -> Result<Array> {
    if !(is_cpu_f32(a) && is_cpu_f32(b) && a.dims() == b.dims()) {
        return reference::sum(a, b, relu);
    }
    let y = with_f32(a, |a| with_f32(b, |b| Ok(cpu::sum(a, b, relu))))?;
    from_f32(y, a.dims())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn value_and_gradient() {
        for shape in [&[3, 5][..], &[2, 3, 17], &[70_001]] {
            let inputs = [check::values(shape, 1), check::values(shape, 2)];
            let f = |i: &[Tensor]| add_relu(&i[0], &i[1]);
            if shape.len() > 1 {
                check::gradients("add_relu", f, &inputs);
            }
            check::same_in_float32("add_relu", f, &inputs, 1e-6);
        }
    }
}
