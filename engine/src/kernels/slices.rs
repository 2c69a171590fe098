//! From candle's tensors to slices and back.

use crate::error::{Error, Result};
use candle_core::{
    CpuStorage, DType, Device, InplaceOp1, Layout, Storage, Tensor as Array, WithDType,
};
use std::cell::Cell;

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

/// Runs `work` on the values of a type in row-major order, wherever the tensor is; a copy is made only of strided views
/// and of tensors on other devices.
pub fn with_values<T: WithDType, R>(
    array: &Array,
    work: impl FnOnce(&[T]) -> Result<R>,
) -> Result<R> {
    let array =
        if array.device().is_cpu() { array.clone() } else { array.to_device(&Device::Cpu)? };
    let array = if array.is_contiguous() { array } else { array.contiguous()? };
    let (storage, layout) = array.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else {
        return Err(Error::type_error("a tensor on the CPU was expected"));
    };
    let start = layout.start_offset();
    work(&T::cpu_storage_as_slice(storage)?[start..start + layout.shape().elem_count()])
}

/// A tensor of these values on the device of another, without a copy on the CPU.
pub fn from_values<T: WithDType>(values: Vec<T>, shape: &[usize], like: &Array) -> Result<Array> {
    let array = Array::from_vec(values, shape, &Device::Cpu)?;
    Ok(if like.device().is_cpu() { array } else { array.to_device(like.device())? })
}

/// Runs `work` on the values in place; the tensor must be contiguous, and who shares its storage sees the change.
pub fn with_f32_mut(array: &Array, work: impl FnOnce(&mut [f32]) -> Result<()>) -> Result<()> {
    struct InPlace<W>(Cell<Option<W>>, Cell<Result<()>>);

    impl<W: FnOnce(&mut [f32]) -> Result<()>> InplaceOp1 for InPlace<W> {
        fn name(&self) -> &'static str {
            "in place"
        }

        fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
            let (CpuStorage::F32(values), Some((start, end)), Some(work)) =
                (storage, layout.contiguous_offsets(), self.0.take())
            else {
                candle_core::bail!("only contiguous float32 values on the CPU change in place")
            };
            self.1.set(work(&mut values[start..end]));
            Ok(())
        }
    }
    let operation = InPlace(Cell::new(Some(work)), Cell::new(Ok(())));
    array.inplace_op1(&operation)?;
    operation.1.into_inner()
}
