//! `Real`: what a formula is written in, once. For f32 the functions are polynomials without branches or calls, which the
//! compiler turns into vector instructions; for f64 they are those of the standard library and serve as the reference.

/// A floating-point number as formulas use it. In float32 exp, ln, tanh and erf are within 2 units of the last place.
#[expect(missing_docs, reason = "the names are those of the functions")]
pub trait Real:
    Copy
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
{
    fn of(value: f64) -> Self;
    fn exp(self) -> Self;
    fn exp_m1(self) -> Self;
    fn ln(self) -> Self;
    fn ln_1p(self) -> Self;
    fn sqrt(self) -> Self;
    fn tanh(self) -> Self;
    fn erf(self) -> Self;
    fn abs(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    /// Ties go to even numbers.
    fn round(self) -> Self;
    fn trunc(self) -> Self;
    /// A function that is not worth a polynomial of ours.
    fn by(self, slow: fn(f64) -> f64) -> Self;
    /// `x^exponent`, of negative numbers too if the exponent is an integer.
    fn power(self, exponent: f64) -> Self;

    /// `yes` or `no`, without a branch.
    #[inline(always)]
    fn pick(condition: bool, yes: Self, no: Self) -> Self {
        if condition { yes } else { no }
    }

    /// `1 / (1 + exp(-x))`
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::of(1.0) / (Self::of(1.0) + (-self).exp())
    }

    /// `log(1 + exp(x))`, without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        let positive = Self::pick(self <= Self::of(0.0), Self::of(0.0), self);
        positive + (-self.abs()).exp().ln_1p()
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn exp_m1(self) -> Self {
        libm::expm1(self)
    }
    fn ln(self) -> Self {
        libm::log(self)
    }
    fn ln_1p(self) -> Self {
        libm::log1p(self)
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    fn erf(self) -> Self {
        libm::erf(self)
    }
    fn abs(self) -> Self {
        self.abs()
    }
    fn floor(self) -> Self {
        self.floor()
    }
    fn ceil(self) -> Self {
        self.ceil()
    }
    fn round(self) -> Self {
        self.round_ties_even()
    }
    fn trunc(self) -> Self {
        self.trunc()
    }
    fn by(self, slow: fn(f64) -> f64) -> Self {
        slow(self)
    }
    fn power(self, exponent: f64) -> Self {
        libm::pow(self, exponent)
    }
}

/// Adding and subtracting it rounds to an integer, which then stands in the low bits of the sum.
const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// `exp(x) = 2^n (1 + m)` as (n, m), for x in `-104..=89`: Cephes' polynomial on `-ln2/2..ln2/2`.
#[inline(always)]
fn exp_parts(x: f32) -> (i32, f32) {
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_1e-4_f32;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    ((shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32), p * r * r + r)
}

/// `exp(x)` of what is not above 0, as the weights of a softmax are made: as exact as [`Real::exp`] with fewer steps, and
/// 0 where the result would be below what float32 holds in full.
#[inline(always)]
pub fn exp_of_negative(x: f32) -> f32 {
    let (n, m) = exp_parts(x);
    // Far below the range n is any number, and so is the power; neither is used.
    let power = f32::from_bits((n.wrapping_add(127) as u32) << 23);
    if x < -87.0 { 0.0 } else { (1.0 + m) * power }
}

/// `2^n` in two factors, so that results below and above the normal range come out right.
#[inline(always)]
fn powers(n: i32) -> (f32, f32) {
    let half = n >> 1;
    let power = |n: i32| f32::from_bits(((n + 127) << 23) as u32);
    (power(half), power(n - half))
}

#[inline(always)]
fn clamp_exponent(x: f32) -> f32 {
    // Written so that a NaN stays.
    let x = if x > 89.0 { 89.0 } else { x };
    if x < -104.0 { -104.0 } else { x }
}

impl Real for f32 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn exp(self) -> Self {
        let (n, m) = exp_parts(clamp_exponent(self));
        let (a, b) = powers(n);
        (1.0 + m) * a * b
    }

    #[inline(always)]
    fn exp_m1(self) -> Self {
        let (n, m) = exp_parts(clamp_exponent(self));
        let (a, b) = powers(n);
        // With n = 0 nothing was added to m, so nothing is lost near 0.
        if n == 0 { m } else { (1.0 + m) * a * b - 1.0 }
    }

    /// Cephes' polynomial on `sqrt(1/2)..sqrt(2)`.
    #[inline(always)]
    fn ln(self) -> Self {
        let tiny = self < f32::MIN_POSITIVE;
        let x = if tiny { self * 8_388_608.0 } else { self };
        let bits = x.to_bits() as i32;
        let m = f32::from_bits((bits & 0x007f_ffff | 0x3f00_0000) as u32);
        let below = m < std::f32::consts::FRAC_1_SQRT_2;
        let shift = if tiny { 149 } else { 126 };
        let e = ((bits >> 23) - shift - i32::from(below)) as f32;
        let m = if below { m + m - 1.0 } else { m - 1.0 };
        let z = m * m;
        let mut p = 7.037_683_6e-2_f32;
        p = p * m - 1.151_461e-1;
        p = p * m + 1.167_699_9e-1;
        p = p * m - 1.242_014_1e-1;
        p = p * m + 1.424_932_3e-1;
        p = p * m - 1.666_805_8e-1;
        p = p * m + 2.000_071_5e-1;
        p = p * m - 2.499_999_4e-1;
        p = p * m + 3.333_333_1e-1;
        let y = p * m * z + e * LN2_LOW - 0.5 * z;
        let result = m + y + e * LN2_HIGH;
        let result = if self == f32::INFINITY { f32::INFINITY } else { result };
        let result = if self == 0.0 { f32::NEG_INFINITY } else { result };
        if self >= 0.0 { result } else { f32::NAN }
    }

    /// `log(w)` with `w = 1 + x`, and what rounding took from `w` put back.
    #[inline(always)]
    fn ln_1p(self) -> Self {
        let w = 1.0 + self;
        let lost = self - (w - 1.0);
        let result = Real::ln(w) + lost / w;
        if self == f32::INFINITY || w == 0.0 { Real::ln(w) } else { result }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }

    /// Cephes: a polynomial near 0, else by the exponential.
    #[inline(always)]
    fn tanh(self) -> Self {
        let size = self.abs();
        let large = 1.0 - 2.0 / (Real::exp(size + size) + 1.0);
        let large = if self < 0.0 { -large } else { large };
        let z = self * self;
        let mut p = -5.704_988_7e-3_f32;
        p = p * z + 2.063_908_9e-2;
        p = p * z - 5.373_971_6e-2;
        p = p * z + 1.333_144_2e-1;
        p = p * z - 3.333_328_2e-1;
        if size < 0.625 { p * z * self + self } else { large }
    }

    /// A polynomial near 0, else `1 - exp(p(x) - x)`; both fitted here for the smallest relative error. Beyond 4 it is 1.
    #[inline(always)]
    fn erf(self) -> Self {
        let size = self.abs();
        let z = self * self;
        let mut p = -5.999_546_3e-4_f32;
        p = p * z + 4.994_863e-3;
        p = p * z - 2.676_774_7e-2;
        p = p * z + 1.128_184_7e-1;
        p = p * z - 3.761_249_8e-1;
        p = p * z + 1.283_791_5e-1;
        let small = p * self + self;
        let x = if size > 4.0 { 4.0 } else { size };
        let mut q = -2.109_505_3e-5_f32;
        q = q * x + 4.344_626_5e-4;
        q = q * x - 4.171_063e-3;
        q = q * x + 2.511_942_8e-2;
        q = q * x - 1.082_800_9e-1;
        q = q * x - 6.333_469e-1;
        q = q * x - 1.295_149_3e-1;
        q = q * x + 1.746_844_5e-4;
        let large = 1.0 - exp_of_negative(q - x);
        let large = if self < 0.0 { -large } else { large };
        if size < 0.92 { small } else { large }
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.abs()
    }
    #[inline(always)]
    fn floor(self) -> Self {
        self.floor()
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        self.ceil()
    }
    #[inline(always)]
    fn round(self) -> Self {
        self.round_ties_even()
    }
    #[inline(always)]
    fn trunc(self) -> Self {
        self.trunc()
    }
    fn by(self, slow: fn(f64) -> f64) -> Self {
        slow(f64::from(self)) as f32
    }
    fn power(self, exponent: f64) -> Self {
        libm::pow(f64::from(self), exponent) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::{Real, exp_of_negative};

    /// Distance in units of the last place of the exact result.
    fn ulps(found: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        if found == rounded || (found.is_nan() && rounded.is_nan()) {
            return 0.0;
        }
        let unit =
            f64::from(f32::from_bits(rounded.abs().to_bits() + 1)) - f64::from(rounded.abs());
        (f64::from(found) - exact).abs() / unit
    }

    #[test]
    fn polynomials_are_within_a_few_units_of_the_last_place() {
        let grid = |low: f32, high: f32| {
            (0..200_000).map(move |i| low + (high - low) * (i as f32 / 200_000.0))
        };
        let worst = |f: fn(f32) -> f32, exact: fn(f64) -> f64, low, high| {
            grid(low, high)
                .map(|x| (ulps(f(x), exact(f64::from(x))), x))
                .fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
        };
        for (name, found, limit) in [
            ("exp", worst(Real::exp, libm::exp, -86.0, 88.7), 2.0),
            ("exp of negative", worst(exp_of_negative, libm::exp, -87.0, 0.0), 2.0),
            ("expm1", worst(Real::exp_m1, libm::expm1, -3.0, 3.0), 4.0),
            ("expm1 near 0", worst(Real::exp_m1, libm::expm1, -1e-3, 1e-3), 2.0),
            ("log", worst(Real::ln, libm::log, 1e-6, 10.0), 2.0),
            ("log of large", worst(Real::ln, libm::log, 10.0, 1e30), 2.0),
            ("log1p", worst(Real::ln_1p, libm::log1p, -0.5, 1.0), 3.0),
            ("log1p near 0", worst(Real::ln_1p, libm::log1p, -1e-4, 1e-4), 2.0),
            ("tanh", worst(Real::tanh, libm::tanh, -10.0, 10.0), 2.0),
            ("erf", worst(Real::erf, libm::erf, -5.0, 5.0), 2.0),
            ("sigmoid", worst(Real::sigmoid, |x| 1.0 / (1.0 + libm::exp(-x)), -80.0, 20.0), 4.0),
        ] {
            assert!(found.0 <= limit, "{name}: {} units at {}", found.0, found.1);
        }
    }

    #[test]
    fn extremes_come_out_as_in_the_standard_library() {
        for x in [
            0.0,
            -0.0,
            1e-45,
            1e-39,
            f32::MAX,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            -104.5,
            89.5,
        ] {
            assert_eq!(ulps(Real::exp(x), f64::from(x).exp()), 0.0, "exp({x})");
            assert!(ulps(Real::ln(x.abs()), f64::from(x.abs()).ln()) <= 1.0, "log({x})");
            assert_eq!(ulps(Real::tanh(x), f64::from(x).tanh()), 0.0, "tanh({x})");
            assert!(ulps(Real::ln_1p(x.abs()), f64::from(x.abs()).ln_1p()) <= 1.0, "log1p({x})");
        }
        for (x, exact) in [(-1e9, 0.0), (f32::NEG_INFINITY, 0.0), (-87.1, 0.0), (0.0, 1.0)] {
            assert_eq!(exp_of_negative(x), exact, "exp({x})");
        }
        assert!(exp_of_negative(f32::NAN).is_nan());
        assert!(Real::ln(-1.0_f32).is_nan() && Real::erf(f32::NAN).is_nan());
        assert_eq!(Real::ln_1p(-1.0_f32), f32::NEG_INFINITY);
        assert_eq!((Real::sigmoid(-200.0_f32), Real::sigmoid(200.0_f32)), (0.0, 1.0));
    }
}
