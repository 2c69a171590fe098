//! Passes over slices in tasks of a fixed size, whose sums are added in order: the bits do not depend on the number of
//! threads.

use crate::kernels::dense::add_rows;
use crate::kernels::lanes::sum_of;
use crate::kernels::recycler::room;
use crate::kernels::simd::simd;
use rayon::prelude::*;

/// Values of a task: 256 KB, so that a second look at them finds them in the second-level cache.
const TASK: usize = 64 << 10;

fn task(columns: usize) -> usize {
    (TASK / columns.max(1)).max(1) * columns
}

/// Few channels are taken several times side by side: the sums of one row do not wait for those of the row before, and
/// loops over rows stay long.
fn side_by_side(channels: usize) -> usize {
    (128 / channels.max(1)).max(1)
}

/// Sums of channels that stood side by side.
fn fold(sums: &[f32], channels: usize) -> Vec<f32> {
    let (first, rest) = sums.split_at(channels);
    let mut sums = first.to_vec();
    for part in rest.chunks(channels) {
        sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    sums
}

simd! {
    fn add_squares(squares: &mut [f32], x: &[f32], mean: &[f32]) {
        for row in x.chunks(squares.len()) {
            for ((sum, x), mean) in squares.iter_mut().zip(row).zip(mean) {
                *sum += (x - mean) * (x - mean);
            }
        }
    }
}

/// Mean and biased variance of each channel, in one pass (Chan et al., 1979).
pub(super) fn statistics(x: &[f32], channels: usize) -> (Vec<f32>, Vec<f32>) {
    if channels == 0 || x.is_empty() {
        return (vec![0.0; channels], vec![0.0; channels]);
    }
    let times = side_by_side(channels);
    let of_part = |part: &[f32]| {
        let count = part.len() / channels;
        let mut sums = vec![0.0; times * channels];
        add_rows(&mut sums, part);
        let mut mean = fold(&sums, channels);
        mean.iter_mut().for_each(|sum| *sum *= 1.0 / count as f32);
        sums.fill(0.0);
        add_squares(&mut sums, part, &mean.repeat(times));
        (count, mean, fold(&sums, channels))
    };
    let parts: Vec<_> = match x.len() <= TASK {
        true => vec![of_part(x)],
        false => x.par_chunks(task(times * channels)).map(of_part).collect(),
    };
    let mut total = 0.0;
    let (mut mean, mut squares) = (vec![0f64; channels], vec![0f64; channels]);
    for (count, of_part, squares_of_part) in parts {
        let count = count as f64;
        let sum = total + count;
        for c in 0..channels {
            let difference = f64::from(of_part[c]) - mean[c];
            mean[c] += difference * count / sum;
            squares[c] +=
                f64::from(squares_of_part[c]) + difference * difference * total * count / sum;
        }
        total = sum;
    }
    let to_f32 = |values: Vec<f64>, factor: f64| -> Vec<f32> {
        values.iter().map(|value| (value * factor) as f32).collect()
    };
    (to_f32(mean, 1.0), to_f32(squares, 1.0 / total))
}

/// What a batch normalisation does to each channel: `y = x scale + shift`, then a relu if asked for.
pub(super) struct Channels {
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) relu: bool,
}

/// `y = x scale + shift` of each channel.
pub(super) fn scale_and_shift(
    mean: &[f32],
    variance: &[f32],
    gamma: &[f32],
    beta: &[f32],
    epsilon: f64,
    relu: bool,
) -> Channels {
    let channel = |c: usize| {
        let scale = inverse(variance[c], epsilon) * gamma.get(c).copied().unwrap_or(1.0);
        (scale, beta.get(c).copied().unwrap_or(0.0) - mean[c] * scale)
    };
    let (scale, shift) = (0..mean.len()).map(channel).unzip();
    Channels { scale, shift, relu }
}

fn inverse(variance: f32, epsilon: f64) -> f32 {
    1.0 / (variance + epsilon as f32).sqrt()
}

simd! {
    fn scale_part(y: &mut [f32], x: &[f32], scale: &[f32], shift: &[f32], relu: bool) {
        let columns = scale.len();
        for (y, x) in y.chunks_mut(columns).zip(x.chunks(columns)) {
            for (((y, x), scale), shift) in y.iter_mut().zip(x).zip(scale).zip(shift) {
                let value = x * scale + shift;
                *y = if relu && value <= 0.0 { 0.0 } else { value };
            }
        }
    }
}

/// Scales and shifts each channel.
pub(super) fn scale_channels(x: &[f32], channels: &Channels) -> Vec<f32> {
    let mut y = room(x.len());
    let times = side_by_side(channels.scale.len());
    let (scale, shift) = (channels.scale.repeat(times), channels.shift.repeat(times));
    if x.is_empty() {
        return y;
    }
    if x.len() <= TASK {
        scale_part(&mut y, x, &scale, &shift, channels.relu);
        return y;
    }
    let size = task(scale.len());
    let parts = y.par_chunks_mut(size).zip(x.par_chunks(size));
    parts.for_each(|(y, x)| scale_part(y, x, &scale, &shift, channels.relu));
    y
}

simd! {
    /// Sums of `dy` and of `dy (x - mean)`.
    fn sums(x: &[f32], dy: &[f32], mean: &[f32], of_dy: &mut [f32], of_product: &mut [f32]) {
        let columns = mean.len();
        for (x, dy) in x.chunks(columns).zip(dy.chunks(columns)) {
            let columns = of_dy.iter_mut().zip(of_product.iter_mut()).zip(x).zip(dy).zip(mean);
            for ((((of_dy, of_product), x), dy), mean) in columns {
                *of_dy += dy;
                *of_product += dy * (x - mean);
            }
        }
    }
}

simd! {
    /// As above for the gradient in front of a relu: it passes where `x scale + shift > 0`.
    fn sums_before_relu(x: &[f32], dy: &[f32], mean: &[f32], scale: &[f32], shift: &[f32], of_dy: &mut [f32], of_product: &mut [f32]) {
        let columns = mean.len();
        let (scale, shift) = (&scale[..columns], &shift[..columns]);
        let (of_dy, of_product) = (&mut of_dy[..columns], &mut of_product[..columns]);
        for (x, dy) in x.chunks(columns).zip(dy.chunks(columns)) {
            let (n, x) = (x.len().min(dy.len()), x);
            let (x, dy) = (&x[..n], &dy[..n]);
            for c in 0..n {
                let dz = if x[c] * scale[c] + shift[c] > 0.0 { dy[c] } else { 0.0 };
                of_dy[c] += dz;
                of_product[c] += dz * (x[c] - mean[c]);
            }
        }
    }
}

simd! {
    /// `dx = a dy + b x + c` of each channel.
    fn combine(dx: &mut [f32], x: &[f32], dy: &[f32], a: &[f32], b: &[f32], c: &[f32]) {
        let columns = a.len();
        let rows = dx.chunks_mut(columns).zip(x.chunks(columns));
        for ((dx, x), dy) in rows.zip(dy.chunks(columns)) {
            for (((((dx, x), dy), a), b), c) in dx.iter_mut().zip(x).zip(dy).zip(a).zip(b).zip(c) {
                *dx = a * dy + b * x + c;
            }
        }
    }
}

simd! {
    /// As above, `factors` being a, b, c and the scale and shift that tell where a relu let it pass.
    fn combine_before_relu(dx: &mut [f32], x: &[f32], dy: &[f32], factors: [&[f32]; 5]) {
        let columns = factors[0].len();
        let [a, b, c, scale, shift] = factors.map(|factors| &factors[..columns]);
        let rows = dx.chunks_mut(columns).zip(x.chunks(columns));
        for ((dx, x), dy) in rows.zip(dy.chunks(columns)) {
            let n = dx.len();
            let (x, dy) = (&x[..n], &dy[..n]);
            for i in 0..n {
                let dz = if x[i] * scale[i] + shift[i] > 0.0 { dy[i] } else { 0.0 };
                dx[i] = a[i] * dz + b[i] * x[i] + c[i];
            }
        }
    }
}

/// The gradients of x, gamma and beta.
pub(super) fn channels_gradient(
    x: &[f32],
    dy: &[f32],
    statistics: [&[f32]; 2],
    gamma: &[f32],
    epsilon: f64,
    uses_batch: bool,
    channels: &Channels,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let [mean, variance] = statistics;
    let count = mean.len();
    let mut dx = room(x.len());
    let (mut dgamma, mut dbeta) = (vec![0.0; count], vec![0.0; count]);
    if x.is_empty() {
        return (dx, dgamma, dbeta);
    }
    let times = side_by_side(count);
    let size = task(times * count);
    let wide_mean = mean.repeat(times);
    let (scale, shift) = (channels.scale.repeat(times), channels.shift.repeat(times));
    let of_part = |(x, dy): (&[f32], &[f32])| {
        let (mut of_dy, mut of_product) = (vec![0.0; times * count], vec![0.0; times * count]);
        if channels.relu {
            sums_before_relu(x, dy, &wide_mean, &scale, &shift, &mut of_dy, &mut of_product);
        } else {
            sums(x, dy, &wide_mean, &mut of_dy, &mut of_product);
        }
        (fold(&of_dy, count), fold(&of_product, count))
    };
    let parts: Vec<_> = match x.len() <= TASK {
        true => vec![of_part((x, dy))],
        false => x.par_chunks(size).zip(dy.par_chunks(size)).map(of_part).collect(),
    };
    for (of_dy, of_product) in parts {
        for c in 0..count {
            dbeta[c] += of_dy[c];
            dgamma[c] += of_product[c];
        }
    }
    let rows = (x.len() / count) as f32;
    let (mut a, mut b, mut c) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    for i in 0..count {
        let inverse = inverse(variance[i], epsilon);
        dgamma[i] *= inverse;
        a[i] = inverse * gamma.get(i).copied().unwrap_or(1.0);
        if uses_batch {
            b[i] = -a[i] * inverse * dgamma[i] / rows;
            c[i] = -a[i] * dbeta[i] / rows - b[i] * mean[i];
        }
    }
    let [a, b, c] = [a, b, c].map(|factors| factors.repeat(times));
    let one = |dx: &mut [f32], x: &[f32], dy: &[f32]| match channels.relu {
        true => combine_before_relu(dx, x, dy, [&a, &b, &c, &scale, &shift]),
        false => combine(dx, x, dy, &a, &b, &c),
    };
    if x.len() <= TASK {
        one(&mut dx, x, dy);
    } else {
        let given = x.par_chunks(size).zip(dy.par_chunks(size));
        dx.par_chunks_mut(size).zip(given).for_each(|(dx, (x, dy))| one(dx, x, dy));
    }
    (dx, dgamma, dbeta)
}

simd! {
    fn rows_part(y: &mut [f32], kept: &mut [[f32; 2]], x: &[f32], gamma: &[f32], beta: &[f32], features: usize, epsilon: f32) {
        let rows = y.chunks_exact_mut(features).zip(kept).zip(x.chunks_exact(features));
        for ((y, kept), x) in rows {
            let mean = sum_of(features, |i| x[i]) / features as f32;
            let variance = sum_of(features, |i| (x[i] - mean) * (x[i] - mean)) / features as f32;
            let inverse = 1.0 / (variance + epsilon).sqrt();
            *kept = [mean, inverse];
            for (y, x) in y.iter_mut().zip(x) {
                *y = (x - mean) * inverse;
            }
            for (y, gamma) in y.iter_mut().zip(gamma) {
                *y *= gamma;
            }
            for (y, beta) in y.iter_mut().zip(beta) {
                *y += beta;
            }
        }
    }
}

/// Each row normalised, and its mean and inverse deviation.
pub(super) fn rows(
    x: &[f32],
    gamma: &[f32],
    beta: &[f32],
    features: usize,
    epsilon: f64,
) -> (Vec<f32>, Vec<[f32; 2]>) {
    let mut y = room(x.len());
    let mut kept = vec![[0.0; 2]; x.len() / features.max(1)];
    if x.is_empty() {
        return (y, kept);
    }
    let epsilon = epsilon as f32;
    if x.len() <= TASK {
        rows_part(&mut y, &mut kept, x, gamma, beta, features, epsilon);
        return (y, kept);
    }
    let size = task(features);
    let results = y.par_chunks_mut(size).zip(kept.par_chunks_mut(size / features));
    results.zip(x.par_chunks(size)).for_each(|((y, kept), x)| {
        rows_part(y, kept, x, gamma, beta, features, epsilon);
    });
    (y, kept)
}

simd! {
    fn rows_gradient_part(dx: &mut [f32], x: &[f32], dy: &[f32], gamma: &[f32], kept: &[[f32; 2]], dgamma: &mut [f32], dbeta: &mut [f32]) {
        let features = dgamma.len();
        let mut ones = Vec::new();
        let gamma = if gamma.is_empty() {
            ones.resize(features, 1.0);
            &ones
        } else {
            gamma
        };
        let given = x.chunks_exact(features).zip(dy.chunks_exact(features));
        for ((dx, (x, dy)), [mean, inverse]) in dx.chunks_exact_mut(features).zip(given).zip(kept) {
            let (x, dy, gamma) = (&x[..features], &dy[..features], &gamma[..features]);
            let of_g = sum_of(features, |i| gamma[i] * dy[i]) / features as f32;
            let of_product =
                sum_of(features, |i| gamma[i] * dy[i] * (x[i] - mean)) * inverse / features as f32;
            let columns = dx.iter_mut().zip(x).zip(dy).zip(gamma);
            for (((dx, x), dy), gamma) in columns {
                let h = (x - mean) * inverse;
                *dx = (gamma * dy - of_g - h * of_product) * inverse;
            }
            for ((dgamma, x), dy) in dgamma.iter_mut().zip(x).zip(dy) {
                *dgamma += dy * ((x - mean) * inverse);
            }
            for (dbeta, dy) in dbeta.iter_mut().zip(dy) {
                *dbeta += dy;
            }
        }
    }
}

/// The gradients of x, gamma and beta.
pub(super) fn rows_gradient(
    x: &[f32],
    dy: &[f32],
    gamma: &[f32],
    kept: &[[f32; 2]],
    features: usize,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let mut dx = room(x.len());
    let (mut dgamma, mut dbeta) = (vec![0.0; features], vec![0.0; features]);
    if x.is_empty() {
        return (dx, dgamma, dbeta);
    }
    if x.len() <= TASK {
        rows_gradient_part(&mut dx, x, dy, gamma, kept, &mut dgamma, &mut dbeta);
        return (dx, dgamma, dbeta);
    }
    let size = task(features);
    let given = x.par_chunks(size).zip(dy.par_chunks(size)).zip(kept.par_chunks(size / features));
    let parts: Vec<_> = dx
        .par_chunks_mut(size)
        .zip(given)
        .map(|(dx, ((x, dy), kept))| {
            let (mut dgamma, mut dbeta) = (vec![0.0; features], vec![0.0; features]);
            rows_gradient_part(dx, x, dy, gamma, kept, &mut dgamma, &mut dbeta);
            (dgamma, dbeta)
        })
        .collect();
    for (of_gamma, of_beta) in parts {
        for i in 0..features {
            dgamma[i] += of_gamma[i];
            dbeta[i] += of_beta[i];
        }
    }
    (dx, dgamma, dbeta)
}
