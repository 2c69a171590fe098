//! Choosing elements: by conditions, places and ranges.

use super::promote;
use crate::error::Result;
use crate::kernels::broadcast::choose;
use crate::kernels::reduce::sum_to;
use crate::tape;
use crate::tensor::Tensor;

/// `a` where the condition holds, `b` elsewhere; the three shapes meet.
pub fn where_(condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = promote(a, b)?;
    let value = choose(condition.array(), a.array(), b.array())?;
    let condition = condition.array().clone();
    let (a_shape, b_shape) = (a.shape().to_vec(), b.shape().to_vec());
    Ok(tape::record("where", &[&a, &b], value, move |dy, needed| {
        let zero = dy.zeros_like()?;
        Ok(vec![
            if needed[0] { Some(sum_to(&choose(&condition, dy, &zero)?, &a_shape)?) } else { None },
            if needed[1] { Some(sum_to(&choose(&condition, &zero, dy)?, &b_shape)?) } else { None },
        ])
    }))
}
