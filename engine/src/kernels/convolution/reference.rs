//! The same in plain tensor operations: windows are gathered, then multiplied.

use crate::error::Result;
use crate::kernels::geometry::Geometry;
use candle_core::Tensor as Array;

/// All windows as rows: `[batch * outputs, taps, channels]`.
fn gather(x: &Array, geometry: &Geometry) -> Result<Array> {
    let Geometry { batch, channels, .. } = *geometry;
    let flat = x.reshape((batch, geometry.inputs(), channels))?;
    let padded = flat.pad_with_zeros(1, 0, 1)?;
    let places = geometry.places()?.to_device(x.device())?;
    let rows = padded.contiguous()?.index_select(&places, 1)?;
    Ok(rows.reshape((batch * geometry.outputs(), geometry.taps(), channels))?)
}

/// The part of a group, as a matrix.
fn part(values: &Array, axis: usize, group: usize, size: usize) -> Result<Array> {
    Ok(values.narrow(axis, group * size, size)?.contiguous()?)
}

/// The convolution.
pub fn forward(
    x: &Array,
    w: &Array,
    b: Option<&Array>,
    geometry: &Geometry,
    groups: usize,
) -> Result<Array> {
    let filters = w.dims().last().copied().unwrap_or(1);
    let (each, of_filters) = (geometry.channels / groups, filters / groups);
    let (rows, inner) = (geometry.batch * geometry.outputs(), geometry.taps() * each);
    let windows = gather(x, geometry)?;
    let w = w.reshape((inner, filters))?;
    let mut parts = Vec::with_capacity(groups);
    for group in 0..groups {
        let windows = part(&windows, 2, group, each)?.reshape((rows, inner))?;
        parts.push(windows.matmul(&part(&w, 1, group, of_filters)?)?);
    }
    let y = Array::cat(&parts, 1)?;
    let y = match b {
        Some(b) => y.broadcast_add(b)?,
        None => y,
    };
    Ok(y.reshape(geometry.output_shape(filters))?)
}

/// The gradients of x, w and (if there are three) b.
pub fn backward(
    x: &Array,
    w: &Array,
    dy: &Array,
    geometry: &Geometry,
    groups: usize,
    needed: &[bool],
) -> Result<Vec<Option<Array>>> {
    let Geometry { batch, channels, .. } = *geometry;
    let filters = w.dims().last().copied().unwrap_or(1);
    let (each, of_filters) = (channels / groups, filters / groups);
    let (rows, taps) = (batch * geometry.outputs(), geometry.taps());
    let dy = dy.contiguous()?.reshape((rows, filters))?;
    let flat_w = w.reshape((taps * each, filters))?;
    let windows = gather(x, geometry)?;
    let (mut of_windows, mut of_w) = (Vec::new(), Vec::new());
    for group in 0..groups {
        let dy = part(&dy, 1, group, of_filters)?;
        let w = part(&flat_w, 1, group, of_filters)?;
        of_windows.push(dy.matmul(&w.t()?)?.reshape((rows, taps, each))?);
        let windows = part(&windows, 2, group, each)?.reshape((rows, taps * each))?;
        of_w.push(windows.t()?.matmul(&dy)?);
    }
    let mut gradients = vec![None; needed.len()];
    if needed[0] {
        let spread =
            Array::cat(&of_windows, 2)?.reshape((batch, geometry.outputs() * taps, channels))?;
        let places = geometry.places()?.to_device(x.device())?;
        let zeros = Array::zeros((batch, geometry.inputs() + 1, channels), x.dtype(), x.device())?;
        let dx = zeros.index_add(&places, &spread, 1)?.narrow(1, 0, geometry.inputs())?;
        gradients[0] = Some(dx.contiguous()?.reshape(x.dims())?);
    }
    if needed[1] {
        gradients[1] = Some(Array::cat(&of_w, 1)?.reshape(w.dims())?);
    }
    if needed.get(2) == Some(&true) {
        gradients[2] = Some(dy.sum(0)?);
    }
    Ok(gradients)
}
