//! From candle's tensors to slices and back.

use crate::error::{Error, Result};
use candle_core::{CpuStorage, DType, Device, Storage, Tensor as Array};

/// Whether the fast CPU path applies: float32 in this machine's memory.
pub fn is_cpu_f32(array: &Array) -> bool {
    array.dtype() == DType::F32 && array.device().is_cpu()
}

/// Runs `work` on the values in row-major order; a copy is made only if the tensor is a strided view.
pub fn with_f32<T>(array: &Array, work: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let array = if array.is_contiguous() { array.clone() } else { array.contiguous()? };
    let (storage, layout) = array.storage_and_layout();
    let Storage::Cpu(CpuStorage::F32(values)) = &*storage else {
        return Err(Error::type_error("a float32 tensor on the CPU was expected")
            .received(format!("{:?}", array.dtype())));
    };
    let start = layout.start_offset();
    work(&values[start..start + layout.shape().elem_count()])
}

/// A tensor of these values, without a copy.
pub fn from_f32(values: Vec<f32>, shape: &[usize]) -> Result<Array> {
    Ok(Array::from_vec(values, shape, &Device::Cpu)?)
}
