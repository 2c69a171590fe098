//! Rows of a table by number: `y[i] = w[ids[i]]`.
//!
//! Shapes: ids `[...]` (integers), w `[rows, features]`, y `[..., features]`. `dw[r] = sum of dy[i] where ids[i] = r`:
//! places are sorted by id, so that each row is summed in the order of its places, by one task.

mod cpu;
pub mod reference;

use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::{Error, Result};
use crate::tape;
use crate::tensor::{Entries, Notes, Tensor};
use candle_core::{DType, Tensor as Array};
pub(super) use cpu::forward as rows;
use std::rc::Rc;

/// The rows with these numbers, tracked.
pub fn embedding(ids: &Array, w: &Tensor) -> Result<Tensor> {
    let (rows, features) = w.array().dims2()?;
    let list = Rc::new(read_ids(ids, rows)?);
    let mut shape = ids.dims().to_vec();
    shape.push(features);
    let fast = is_cpu_f32(w.array());
    let value = match fast {
        true => {
            let y = with_f32(w.array(), |w| Ok(cpu::forward(&list, w, features)))?;
            from_f32(y, &shape)?
        }
        false => reference::forward(&list, w.array())?.reshape(shape)?,
    };
    let entries = Some(Rc::new(Entries { numbers: list.clone(), count: rows }));
    let y = tape::record("embedding", &[w], value, move |dy, _| {
        let dw = match fast && is_cpu_f32(dy) {
            true => {
                let dw = with_f32(dy, |dy| Ok(cpu::backward(&list, dy, rows, features)))?;
                from_f32(dw, &[rows, features])?
            }
            false => reference::backward(&list, dy, rows, features)?,
        };
        Ok(vec![Some(dw)])
    });
    Ok(y.with_notes(Notes { entries, ..Notes::default() }))
}

/// The ids as row numbers; one outside is an error that names it and its place.
fn read_ids(ids: &Array, rows: usize) -> Result<Vec<u32>> {
    let values = ids.to_dtype(DType::I64)?.flatten_all()?.to_vec1::<i64>()?;
    let check = |(i, id): (usize, i64)| match u32::try_from(id) {
        Ok(row) if (row as usize) < rows => Ok(row),
        _ => {
            let mut place = Vec::new();
            let mut rest = i;
            for size in ids.dims().iter().rev() {
                place.insert(0, rest % size.max(&1));
                rest /= size.max(&1);
            }
            Err(Error::value(format!("id {id} at {place:?} is outside the table"))
                .received(id.to_string())
                .expected(format!("0..{} (input_dim is {rows})", rows.saturating_sub(1)))
                .hint("input_dim must be the largest id plus 1"))
        }
    };
    values.into_iter().enumerate().map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use candle_core::Device;

    #[test]
    fn value_gradient_and_errors() {
        let ids = Array::new(&[[3_i64, 0, 3], [1, 3, 0]], &Device::Cpu).unwrap();
        let f = |i: &[Tensor]| embedding(&ids, &i[0]);
        check::gradients("embedding", f, &[check::values(&[4, 3], 1)]);
        check::same_in_float32("embedding", f, &[check::values(&[4, 3], 1)], 1e-6);
        let many: Vec<i64> = (0..4001).map(|i| (i * i) % 397).collect();
        let many = Array::new(many, &Device::Cpu).unwrap();
        let f = |i: &[Tensor]| embedding(&many, &i[0]);
        check::same_in_float32("embedding", f, &[check::values(&[400, 37], 1)], 1e-5);
        let wrong = Array::new(&[[0_i64, 1], [2, 4]], &Device::Cpu).unwrap();
        let error = embedding(&wrong, &check::values(&[4, 3], 1)).err().unwrap().to_string();
        assert!(error.contains("id 4 at [1, 1] is outside the table"), "{error}");
    }
}
