//! Copies of rows, and their gradients summed by blocks of the table.

use crate::kernels::recycler::room;
use rayon::prelude::*;

/// Values of a task.
const TASK: usize = 64 << 10;

/// The rows, one after the other.
pub(in crate::kernels) fn forward(ids: &[u32], w: &[f32], features: usize) -> Vec<f32> {
    let mut y = room(ids.len() * features);
    if features == 0 {
        return y;
    }
    let copy = |y: &mut [f32], ids: &[u32]| {
        for (y, id) in y.chunks_exact_mut(features).zip(ids) {
            y.copy_from_slice(&w[*id as usize * features..][..features]);
        }
    };
    if y.len() <= TASK {
        copy(&mut y, ids);
        return y;
    }
    let rows = (TASK / features).max(1);
    let parts = y.par_chunks_mut(rows * features).zip(ids.par_chunks(rows));
    parts.for_each(|(y, ids)| copy(y, ids));
    y
}

/// The gradient of the table.
pub(super) fn backward(ids: &[u32], dy: &[f32], rows: usize, features: usize) -> Vec<f32> {
    let mut dw = vec![0.0; rows * features];
    if features == 0 {
        return dw;
    }
    let mut order: Vec<(u32, u32)> =
        ids.iter().enumerate().map(|(place, id)| (*id, place as u32)).collect();
    order.sort_unstable();
    let block = (TASK / features).max(1);
    dw.par_chunks_mut(block * features).enumerate().for_each(|(i, dw)| {
        let (first, end) = (i * block, (i + 1) * block);
        let start = order.partition_point(|(id, _)| (*id as usize) < first);
        for (id, place) in order[start..].iter().take_while(|(id, _)| (*id as usize) < end) {
            let sum = &mut dw[(*id as usize - first) * features..][..features];
            let dy = &dy[*place as usize * features..][..features];
            sum.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
        }
    });
    dw
}
