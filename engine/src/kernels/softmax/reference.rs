//! The same row by row in float64.

use super::Function;

/// The function of each row.
pub(super) fn forward(function: Function, x: &[f64], columns: usize) -> Vec<f64> {
    let mut y = Vec::with_capacity(x.len());
    for row in x.chunks_exact(columns.max(1)) {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match function {
            Function::Softmax => {
                let sum: f64 = row.iter().map(|x| (x - max).exp()).sum();
                y.extend(row.iter().map(|x| (x - max).exp() / sum));
            }
            Function::LogSoftmax => {
                let sum: f64 = row.iter().map(|x| (x - max).exp()).sum();
                y.extend(row.iter().map(|x| x - max - sum.ln()));
            }
            Function::Sparsemax => {
                let tau = threshold(row);
                y.extend(row.iter().map(|x| (x - tau).max(0.0)));
            }
        }
    }
    y
}

/// The number `tau` for which `sum(max(x - tau, 0)) = 1`.
pub(super) fn threshold(row: &[f64]) -> f64 {
    let mut sorted = row.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut tau) = (0.0, 0.0);
    for (i, x) in sorted.iter().enumerate() {
        sum += x;
        let count = i as f64 + 1.0;
        if 1.0 + count * x > sum {
            tau = (sum - 1.0) / count;
        }
    }
    tau
}

/// The gradient of each row.
pub(super) fn backward(function: Function, y: &[f64], dy: &[f64], columns: usize) -> Vec<f64> {
    let mut dx = Vec::with_capacity(y.len());
    for (y, dy) in y.chunks_exact(columns.max(1)).zip(dy.chunks_exact(columns.max(1))) {
        let pairs = y.iter().zip(dy);
        match function {
            Function::Softmax => {
                let dot: f64 = pairs.clone().map(|(y, dy)| y * dy).sum();
                dx.extend(pairs.map(|(y, dy)| y * (dy - dot)));
            }
            Function::LogSoftmax => {
                let sum: f64 = dy.iter().sum();
                dx.extend(pairs.map(|(y, dy)| dy - y.exp() * sum));
            }
            Function::Sparsemax => {
                let kept = y.iter().filter(|y| **y > 0.0).count().max(1) as f64;
                let sum: f64 = pairs.clone().filter(|(y, _)| **y > 0.0).map(|(_, dy)| dy).sum();
                dx.extend(pairs.map(|(y, dy)| if *y > 0.0 { dy - sum / kept } else { 0.0 }));
            }
        }
    }
    dx
}
