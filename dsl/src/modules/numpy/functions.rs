//! The functions of the module.

use super::array::Array;
use super::dtype::DType;
use super::layout::{CHUNK, Reader, by_class, class_of};
use super::storage::Storage;
use crate::runtime::PyResult;

/// `mask ? a : b`, all of one shape.
pub(crate) fn select(mask: &Array, a: &Array, b: &Array, dtype: DType) -> PyResult<Array> {
    let size = mask.size();
    if !dtype.is_number() {
        let flags = mask.to_vec::<bool>();
        let (x, y) = (a.cast(dtype)?.to_storage(), b.cast(dtype)?.to_storage());
        let mut out = Storage::with_capacity(dtype, size);
        for (i, flag) in flags.into_iter().enumerate() {
            out.extend_run(if flag { &x } else { &y }, i as isize, 1, 1);
        }
        return Ok(Array::from_storage(mask.shape(), out));
    }
    let (flags, x, y) = (mask.storage.borrow(), a.storage.borrow(), b.storage.borrow());
    let mut out = Storage::with_capacity(dtype, size);
    by_class!(class_of(dtype), C => {
        let mut test = vec![false; CHUNK];
        let (mut yes, mut no) = (vec![C::default(); CHUNK], vec![C::default(); CHUNK]);
        let mut flags = Reader::new(&flags, mask);
        let (mut x, mut y) = (Reader::new(&x, a), Reader::new(&y, b));
        let mut left = size;
        while left > 0 {
            let n = left.min(CHUNK);
            flags.fill(&mut test[..n]);
            x.fill(&mut yes[..n]);
            y.fill(&mut no[..n]);
            for ((o, &x), &flag) in no[..n].iter_mut().zip(&yes[..n]).zip(&test[..n]) {
                if flag {
                    *o = x;
                }
            }
            out.extend_numbers(&no[..n]);
            left -= n;
        }
    });
    Ok(Array::from_storage(mask.shape(), out))
}
