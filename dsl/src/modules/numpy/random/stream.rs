//! Random numbers of many distributions from a stream of bits, number for number as numpy draws them.

use super::bits::Bits;
use super::ziggurat::{
    EXPONENTIAL_DOUBLE, EXPONENTIAL_EDGE, NORMAL_DOUBLE, NORMAL_EDGE, NORMAL_INVERSE_EDGE,
    NORMAL_SINGLE,
};

/// A stream with what its distributions remember.
#[derive(Clone)]
pub(super) struct Stream {
    pub(super) bits: Bits,
    /// `RandomState` draws by older methods than `Generator`.
    pub(super) legacy: bool,
    /// The second of two normal numbers that were drawn together.
    pub(super) spare_normal: Option<f64>,
}

/// Integers of few bits are cut from 32 random ones.
#[derive(Default)]
pub(super) struct Buffer {
    bits: u32,
    left: u32,
}

impl Buffer {
    fn next(&mut self, source: &mut Bits, width: u32) -> u32 {
        if self.left == 0 {
            self.bits = source.next_u32();
            self.left = 32 / width - 1;
        } else {
            self.bits >>= width;
            self.left -= 1;
        }
        if width == 32 { self.bits } else { self.bits & ((1 << width) - 1) }
    }
}

impl Stream {
    pub(super) fn new(bits: Bits, legacy: bool) -> Stream {
        Stream { bits, legacy, spare_normal: None }
    }

    /// Uniform in [0, 1).
    pub(super) fn double(&mut self) -> f64 {
        self.bits.next_f64()
    }

    pub(super) fn normal(&mut self) -> f64 {
        if self.legacy { self.polar() } else { self.ziggurat_normal() }
    }

    fn polar(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let x = 2.0 * self.double() - 1.0;
            let y = 2.0 * self.double() - 1.0;
            let r = x * x + y * y;
            if r < 1.0 && r != 0.0 {
                let f = (-2.0 * r.ln() / r).sqrt();
                self.spare_normal = Some(f * x);
                return f * y;
            }
        }
    }

    fn ziggurat_normal(&mut self) -> f64 {
        let tables = &*NORMAL_DOUBLE;
        loop {
            let bits = self.bits.next_u64();
            let layer = (bits & 0xff) as usize;
            let bits = bits >> 8;
            let mantissa = (bits >> 1) & 0x000f_ffff_ffff_ffff;
            let mut x = mantissa as f64 * tables.width[layer];
            if bits & 1 == 1 {
                x = -x;
            }
            if mantissa < tables.inside[layer] {
                return x;
            }
            if layer == 0 {
                loop {
                    let a = -NORMAL_INVERSE_EDGE * (-self.double()).ln_1p();
                    let b = -(-self.double()).ln_1p();
                    if b + b > a * a {
                        let x = NORMAL_EDGE + a;
                        return if (mantissa >> 8) & 1 == 1 { -x } else { x };
                    }
                }
            }
            let (low, high) = (tables.density[layer], tables.density[layer - 1]);
            if (high - low) * self.double() + low < (-0.5 * x * x).exp() {
                return x;
            }
        }
    }

    /// Normal numbers of 32 bits, which `Generator` draws by tables of their own.
    pub(super) fn normal_f32(&mut self) -> f32 {
        let tables = &*NORMAL_SINGLE;
        loop {
            let bits = self.bits.next_u32();
            let layer = (bits & 0xff) as usize;
            let mantissa = (bits >> 9) & 0x007f_ffff;
            let mut x = mantissa as f32 * tables.width[layer];
            if (bits >> 8) & 1 == 1 {
                x = -x;
            }
            if mantissa < tables.inside[layer] {
                return x;
            }
            if layer == 0 {
                loop {
                    let a = -(NORMAL_INVERSE_EDGE as f32) * (-self.bits.next_f32()).ln_1p();
                    let b = -(-self.bits.next_f32()).ln_1p();
                    if b + b > a * a {
                        let x = NORMAL_EDGE as f32 + a;
                        return if (mantissa >> 8) & 1 == 1 { -x } else { x };
                    }
                }
            }
            let (low, high) = (tables.density[layer], tables.density[layer - 1]);
            let test = (high - low) * self.bits.next_f32() + low;
            if f64::from(test) < (-0.5 * f64::from(x) * f64::from(x)).exp() {
                return x;
            }
        }
    }

    pub(super) fn exponential(&mut self) -> f64 {
        if self.legacy {
            return -(1.0 - self.double()).ln();
        }
        let tables = &*EXPONENTIAL_DOUBLE;
        loop {
            let bits = self.bits.next_u64() >> 3;
            let layer = (bits & 0xff) as usize;
            let mantissa = bits >> 8;
            let x = mantissa as f64 * tables.width[layer];
            if mantissa < tables.inside[layer] {
                return x;
            }
            if layer == 0 {
                return EXPONENTIAL_EDGE - (-self.double()).ln_1p();
            }
            let (low, high) = (tables.density[layer], tables.density[layer - 1]);
            if (high - low) * self.double() + low < (-x).exp() {
                return x;
            }
        }
    }

    /// Marsaglia and Tsang, 2000; the scale is one.
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape == 1.0 {
            return self.exponential();
        }
        if shape == 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            loop {
                let u = self.double();
                let v = self.exponential();
                if u <= 1.0 - shape {
                    let x = u.powf(1.0 / shape);
                    if x <= v {
                        return x;
                    }
                } else {
                    let y = -((1.0 - u) / shape).ln();
                    let x = (1.0 - shape + shape * y).powf(1.0 / shape);
                    if x <= v + y {
                        return x;
                    }
                }
            }
        }
        let b = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * b).sqrt();
        loop {
            let (x, v) = loop {
                let x = self.normal();
                let v = 1.0 + c * x;
                if v > 0.0 {
                    break (x, v);
                }
            };
            let v = v * v * v;
            let u = self.double();
            if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + b * (1.0 - v + v.ln())
            {
                return b * v;
            }
        }
    }

    pub(super) fn beta(&mut self, a: f64, b: f64) -> f64 {
        if a <= 1.0 && b <= 1.0 {
            loop {
                let u = self.double();
                let v = self.double();
                let (x, y) = (u.powf(1.0 / a), v.powf(1.0 / b));
                let sum = x + y;
                if sum <= 1.0 && (self.legacy || u + v > 0.0) {
                    if sum > 0.0 {
                        return x / sum;
                    }
                    let (x, y) = (u.ln() / a, v.ln() / b);
                    let most = x.max(y);
                    let (x, y) = (x - most, y - most);
                    return (x - (x.exp() + y.exp()).ln()).exp();
                }
            }
        }
        let x = self.gamma(a);
        let y = self.gamma(b);
        x / (x + y)
    }

    pub(super) fn poisson(&mut self, rate: f64) -> i64 {
        if rate == 0.0 {
            return 0;
        }
        if rate < 10.0 {
            let end = (-rate).exp();
            let (mut count, mut product) = (0, 1.0);
            loop {
                product *= self.double();
                if product <= end {
                    return count;
                }
                count += 1;
            }
        }
        // Hörmann, 1993: transformed rejection.
        let (root, log) = (rate.sqrt(), rate.ln());
        let b = 0.931 + 2.53 * root;
        let a = -0.059 + 0.02483 * b;
        let inverse = 1.1239 + 1.1328 / (b - 3.4);
        let limit = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.double() - 0.5;
            let v = self.double();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + rate + 0.43).floor();
            if us >= 0.07 && v <= limit {
                return k as i64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let left = v.ln() + inverse.ln() - (a / (us * us) + b).ln();
            if left <= -rate + k * log - log_gamma(k + 1.0) {
                return k as i64;
            }
        }
    }

    pub(super) fn binomial(&mut self, n: i64, p: f64) -> i64 {
        if n == 0 || p == 0.0 {
            return 0;
        }
        if p > 0.5 {
            return n - self.binomial_low(n, 1.0 - p);
        }
        self.binomial_low(n, p)
    }

    fn binomial_low(&mut self, n: i64, p: f64) -> i64 {
        if p * n as f64 > 30.0 {
            return self.binomial_rejection(n, p);
        }
        let q = 1.0 - p;
        let start = (n as f64 * (-p).ln_1p()).exp();
        let np = n as f64 * p;
        let bound = (n as f64).min(np + 10.0 * (np * q + 1.0).sqrt()) as i64;
        let (mut x, mut px, mut u) = (0_i64, start, self.double());
        while u > px {
            x += 1;
            if x > bound {
                x = 0;
                px = start;
                u = self.double();
            } else {
                u -= px;
                px = ((n - x + 1) as f64 * p * px) / (x as f64 * q);
            }
        }
        x
    }

    /// Kachitvichyanukul and Schmeiser, 1988 (BTPE).
    fn binomial_rejection(&mut self, n: i64, p: f64) -> i64 {
        let count = n as f64;
        let (r, q) = (p, 1.0 - p);
        let fm = count * r + r;
        let m = fm.floor();
        let p1 = (2.195 * (count * r * q).sqrt() - 4.6 * q).floor() + 0.5;
        let xm = m + 0.5;
        let (xl, xr) = (xm - p1, xm + p1);
        let c = 0.134 + 20.5 / (15.3 + m);
        let a = (fm - xl) / (fm - xl * r);
        let left = a * (1.0 + a / 2.0);
        let a = (xr - fm) / (xr * q);
        let right = a * (1.0 + a / 2.0);
        let p2 = p1 * (1.0 + 2.0 * c);
        let p3 = p2 + c / left;
        let p4 = p3 + c / right;
        let nrq = count * r * q;
        loop {
            let u = self.double() * p4;
            let mut v = self.double();
            if u <= p1 {
                return (xm - p1 * v + u).floor() as i64;
            }
            let y;
            if u <= p2 {
                let x = xl + (u - p1) / c;
                v = v * c + 1.0 - (m - x + 0.5).abs() / p1;
                if v > 1.0 {
                    continue;
                }
                y = x.floor();
            } else if u <= p3 {
                y = (xl + v.ln() / left).floor();
                if y < 0.0 || v == 0.0 {
                    continue;
                }
                v = v * (u - p2) * left;
            } else {
                y = (xr - v.ln() / right).floor();
                if y > count || v == 0.0 {
                    continue;
                }
                v = v * (u - p3) * right;
            }
            let k = (y - m).abs();
            if !(k > 20.0 && k < nrq / 2.0 - 1.0) {
                let s = r / q;
                let a = s * (count + 1.0);
                let mut f = 1.0;
                if m < y {
                    for i in (m as i64 + 1)..=(y as i64) {
                        f *= a / i as f64 - s;
                    }
                } else if m > y {
                    for i in (y as i64 + 1)..=(m as i64) {
                        f /= a / i as f64 - s;
                    }
                }
                if v > f {
                    continue;
                }
                return y as i64;
            }
            let rho = (k / nrq) * ((k * (k / 3.0 + 0.625) + 0.166_666_666_666_666_66) / nrq + 0.5);
            let t = -k * k / (2.0 * nrq);
            let a = v.ln();
            if a < t - rho {
                return y as i64;
            }
            if a > t + rho {
                continue;
            }
            let x1 = y + 1.0;
            let f1 = m + 1.0;
            let z = count + 1.0 - m;
            let w = count - y + 1.0;
            let tail = |x: f64| {
                let x2 = x * x;
                (13860.0 - (462.0 - (132.0 - (99.0 - 140.0 / x2) / x2) / x2) / x2) / x / 166_320.0
            };
            let bound = xm * (f1 / x1).ln()
                + (count - m + 0.5) * (z / w).ln()
                + (y - m) * (w * r / (x1 * q)).ln()
                + tail(f1)
                + tail(z)
                - tail(x1)
                - tail(w);
            if a > bound {
                continue;
            }
            return y as i64;
        }
    }

    pub(super) fn geometric(&mut self, p: f64) -> i64 {
        if p >= 0.333_333_333_333_333_3 {
            let (mut x, mut sum, mut product) = (1, p, p);
            let q = 1.0 - p;
            let u = self.double();
            while u > sum {
                product *= q;
                sum += product;
                x += 1;
            }
            return x;
        }
        if self.legacy {
            return ((1.0 - self.double()).ln() / (1.0 - p).ln()).ceil() as i64;
        }
        (-self.exponential() / (-p).ln_1p()).ceil() as i64
    }

    pub(super) fn laplace(&mut self, loc: f64, scale: f64) -> f64 {
        loop {
            let u = self.double();
            if u >= 0.5 {
                return loc - scale * (2.0 - u - u).ln();
            }
            if u > 0.0 {
                return loc + scale * (u + u).ln();
            }
        }
    }

    pub(super) fn gumbel(&mut self, loc: f64, scale: f64) -> f64 {
        loop {
            let u = 1.0 - self.double();
            if u < 1.0 {
                return loc - scale * (-u.ln()).ln();
            }
        }
    }

    pub(super) fn logistic(&mut self, loc: f64, scale: f64) -> f64 {
        loop {
            let u = self.double();
            if u > 0.0 {
                return loc + scale * (u / (1.0 - u)).ln();
            }
        }
    }

    pub(super) fn triangular(&mut self, left: f64, mode: f64, right: f64) -> f64 {
        let base = right - left;
        let (low, high) = (mode - left, right - mode);
        let ratio = low / base;
        let u = self.double();
        if u <= ratio {
            left + (u * low * base).sqrt()
        } else {
            right - ((1.0 - u) * high * base).sqrt()
        }
    }

    /// An integer in `0..=range` of a type of so many bits.
    pub(super) fn bounded(&mut self, range: u64, width: u32, buffer: &mut Buffer) -> u64 {
        if range == 0 {
            return 0;
        }
        let masked = self.legacy;
        if width == 64 && range > 0xffff_ffff {
            if range == u64::MAX {
                return self.bits.next_u64();
            }
            if masked {
                return self.bits.interval(range);
            }
            let exclusive = range + 1;
            let mut product = u128::from(self.bits.next_u64()) * u128::from(exclusive);
            if (product as u64) < exclusive {
                let threshold = (u64::MAX - range) % exclusive;
                while (product as u64) < threshold {
                    product = u128::from(self.bits.next_u64()) * u128::from(exclusive);
                }
            }
            return (product >> 64) as u64;
        }
        let width = width.min(32);
        let full = if width == 32 { 0xffff_ffff } else { (1_u64 << width) - 1 };
        let mut draw = |bits: &mut Bits| u64::from(buffer.next(bits, width));
        if range == full {
            return draw(&mut self.bits);
        }
        if width == 1 {
            return draw(&mut self.bits);
        }
        if masked {
            let mask = u64::MAX >> range.leading_zeros();
            loop {
                let value = draw(&mut self.bits) & mask;
                if value <= range {
                    return value;
                }
            }
        }
        let exclusive = range + 1;
        let mut product = draw(&mut self.bits) * exclusive;
        if product & full < exclusive {
            let threshold = (full - range) % exclusive;
            while product & full < threshold {
                product = draw(&mut self.bits) * exclusive;
            }
        }
        product >> width
    }

    /// Fisher and Yates from the end, as numpy shuffles.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.bits.interval(i as u64) as usize;
            items.swap(i, j);
        }
    }
}

/// The logarithm of the gamma function, by numpy's series.
fn log_gamma(x: f64) -> f64 {
    const A: [f64; 10] = [
        8.333_333_333_333_333e-2,
        -2.777_777_777_777_778e-3,
        7.936_507_936_507_937e-4,
        -5.952_380_952_380_952e-4,
        8.417_508_417_508_418e-4,
        -1.917_526_917_526_918e-3,
        6.410_256_410_256_41e-3,
        -2.955_065_359_477_124e-2,
        1.796_443_723_688_307e-1,
        -1.392_432_216_905_9,
    ];
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let n = if x < 7.0 { (7.0 - x) as i64 } else { 0 };
    let mut x0 = x + n as f64;
    let x2 = (1.0 / x0) * (1.0 / x0);
    let mut series = A[9];
    for a in A[..9].iter().rev() {
        series = series * x2 + a;
    }
    let mut result = series / x0 + 0.5 * 1.837_877_066_409_345_6 + (x0 - 0.5) * x0.ln() - x0;
    if x < 7.0 {
        for _ in 0..n {
            result -= (x0 - 1.0).ln();
            x0 -= 1.0;
        }
    }
    result
}
