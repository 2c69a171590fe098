//! `exp` and `log` of float32 by numpy's own rational approximations, so that the last digit agrees.

/// `a * b + c`, rounded to 32 bits once but for one case in 2^29.
#[inline]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

#[inline]
fn polynomial(x: f32, coefficients: &[f32]) -> f32 {
    let Some((&highest, rest)) = coefficients.split_last() else { return 0.0 };
    rest.iter().rev().fold(highest, |sum, &c| fused(sum, x, c))
}

#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    const NUMERATOR: [f32; 6] = [
        9.999_999_999_980_870_9e-1,
        7.257_664_613_233_124_4e-1,
        2.473_615_434_895_520_8e-1,
        5.114_512_081_637_298e-2,
        6.757_896_990_527_504e-3,
        5.082_762_527_590_693_7e-4,
    ];
    const DENOMINATOR: [f32; 3] = [1.0, -2.742_335_390_411_667e-1, 2.159_509_375_685_829_8e-2];
    if x.is_nan() {
        return x;
    }
    if x >= 88.722_84 {
        return f32::INFINITY;
    }
    if x <= -103.972_084 {
        return 0.0;
    }
    let magic = 12_582_912.0_f32;
    let quadrant = (x * std::f32::consts::LOG2_E + magic) - magic;
    let x = fused(quadrant, -6.931_457_5e-1, x);
    let x = fused(quadrant, -1.428_606_8e-6, x);
    let ratio = polynomial(x, &NUMERATOR) / polynomial(x, &DENOMINATOR);
    // Multiplied in 64 bits, small results are rounded once.
    let power = f64::from_bits(((1023 + quadrant as i64) as u64) << 52);
    (f64::from(ratio) * power) as f32
}

#[inline]
pub(crate) fn ln(x: f32) -> f32 {
    const NUMERATOR: [f32; 6] = [
        0.0,
        9.999_999_999_999_998_7e-1,
        2.112_677_543_073_053,
        1.480_000_633_576_506_6,
        3.808_837_741_388_407_9e-1,
        2.589_979_117_907_922_7e-2,
    ];
    const DENOMINATOR: [f32; 6] = [
        1.0,
        2.612_677_543_073_109,
        2.453_006_071_784_736,
        9.864_942_958_519_419e-1,
        1.546_476_374_983_906_7e-1,
        5.875_095_403_124_574e-3,
    ];
    if x.is_nan() || x < 0.0 {
        return f32::NAN;
    }
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    if x == f32::INFINITY {
        return x;
    }
    // Through 64 bits, where 32-bit numbers are never subnormal: mantissa in [0.5, 1) and its power of two.
    let bits = f64::from(x).to_bits();
    let mut exponent = ((bits >> 52) as i32 - 1022) as f32;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1022 << 52)) as f32;
    if mantissa <= std::f32::consts::FRAC_1_SQRT_2 {
        mantissa += mantissa;
        exponent -= 1.0;
    }
    let x = mantissa - 1.0;
    let ratio = polynomial(x, &NUMERATOR) / polynomial(x, &DENOMINATOR);
    fused(exponent, std::f32::consts::LN_2, ratio)
}

#[cfg(test)]
mod tests {
    #[test]
    fn single_precision_agrees_with_numpy_digit_for_digit() {
        // np.exp(np.float32([...])) and np.log(np.float32([...]))
        for (x, expected) in EXP {
            assert_eq!(super::exp(x), expected, "exp({x})");
        }
        for (x, expected) in LOG {
            assert_eq!(super::ln(x), expected, "log({x})");
        }
    }
    const EXP: [(f32, f32); 14] = [
        (f32::from_bits(0xc0000000), f32::from_bits(0x3e0a9555)),
        (f32::from_bits(0xbf800000), f32::from_bits(0x3ebc5ab1)),
        (f32::from_bits(0xbf000000), f32::from_bits(0x3f1b4598)),
        (f32::from_bits(0x00000000), f32::from_bits(0x3f800000)),
        (f32::from_bits(0x3dcccccd), f32::from_bits(0x3f8d763e)),
        (f32::from_bits(0x3f000000), f32::from_bits(0x3fd3094c)),
        (f32::from_bits(0x3f800000), f32::from_bits(0x402df855)),
        (f32::from_bits(0x40000000), f32::from_bits(0x40ec7325)),
        (f32::from_bits(0x40533333), f32::from_bits(0x41d8e6af)),
        (f32::from_bits(0x41200000), f32::from_bits(0x46ac14ef)),
        (f32::from_bits(0xc1a00000), f32::from_bits(0x310da433)),
        (f32::from_bits(0xc2ae0000), f32::from_bits(0x00b33687)),
        (f32::from_bits(0x42a00000), f32::from_bits(0x792abbce)),
        (f32::from_bits(0x3727c5ac), f32::from_bits(0x3f800054)),
    ];
    const LOG: [(f32, f32); 14] = [
        (f32::from_bits(0x3727c5ac), f32::from_bits(0xc13834f1)),
        (f32::from_bits(0x3dcccccd), f32::from_bits(0xc0135d8e)),
        (f32::from_bits(0x3e800000), f32::from_bits(0xbfb17218)),
        (f32::from_bits(0x3f000000), f32::from_bits(0xbf317218)),
        (f32::from_bits(0x3f333333), f32::from_bits(0xbeb69e19)),
        (f32::from_bits(0x3f400000), f32::from_bits(0xbe934b11)),
        (f32::from_bits(0x3f666666), f32::from_bits(0xbdd7c745)),
        (f32::from_bits(0x3f800000), f32::from_bits(0x00000000)),
        (f32::from_bits(0x3fc00000), f32::from_bits(0x3ecf991f)),
        (f32::from_bits(0x40000000), f32::from_bits(0x3f317218)),
        (f32::from_bits(0x40400000), f32::from_bits(0x3f8c9f54)),
        (f32::from_bits(0x41200000), f32::from_bits(0x40135d8e)),
        (f32::from_bits(0x4640e6b6), f32::from_bits(0x4116bcab)),
        (f32::from_bits(0x7149f2ca), f32::from_bits(0x428a27b5)),
    ];
}
