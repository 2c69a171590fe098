//! The arithmetic of one chunk: plain loops over slices, chosen once per call.

#![allow(clippy::redundant_closure_call, reason = "the macros take functions and closures alike")]

use super::storage::Number;

/// Binary functions over equally long slices.
pub(crate) type Binary<C> = fn(&[C], &[C], &mut [C]);
/// Comparisons over equally long slices.
pub(crate) type Compare<C> = fn(&[C], &[C], &mut [bool]);
/// Functions of one slice.
pub(crate) type Unary<C> = fn(&[C], &mut [C]);

/// The functions of two arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Fmod,
    Power,
    BitwiseAnd,
    BitwiseOr,
    BitwiseXor,
    LeftShift,
    RightShift,
    Maximum,
    Minimum,
    Fmax,
    Fmin,
    Arctan2,
    Hypot,
    Logaddexp,
    Logaddexp2,
    Copysign,
    Nextafter,
    Gcd,
    Lcm,
    LogicalAnd,
    LogicalOr,
    LogicalXor,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// What a type can do; `None` means that numpy has no such loop.
pub(crate) trait Arithmetic: Number {
    fn binary(op: Op) -> Option<Binary<Self>>;

    fn compare(op: Op) -> Option<Compare<Self>> {
        macro_rules! compare {
            ($test:expr) => {
                |a, b, out| {
                    for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
                        let test: fn(Self, Self) -> bool = $test;
                        *o = test(x, y);
                    }
                }
            };
        }
        Some(match op {
            Op::Equal => compare!(|x, y| x == y),
            Op::NotEqual => compare!(|x, y| x != y),
            Op::Less => compare!(|x, y| x < y),
            Op::LessEqual => compare!(|x, y| x <= y),
            Op::Greater => compare!(|x, y| x > y),
            Op::GreaterEqual => compare!(|x, y| x >= y),
            Op::LogicalAnd => compare!(|x, y| x.to_bool() && y.to_bool()),
            Op::LogicalOr => compare!(|x, y| x.to_bool() || y.to_bool()),
            Op::LogicalXor => compare!(|x, y| x.to_bool() != y.to_bool()),
            _ => return None,
        })
    }
}

macro_rules! each {
    ($type:ty, $function:expr) => {
        |a, b, out| {
            for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
                let function: fn($type, $type) -> $type = $function;
                *o = function(x, y);
            }
        }
    };
}

macro_rules! integer_arithmetic {
    ($type:ty, $floor_div:expr, $remainder:expr) => {
        impl Arithmetic for $type {
            fn binary(op: Op) -> Option<Binary<$type>> {
                Some(match op {
                    Op::Add => each!($type, |x, y| x.wrapping_add(y)),
                    Op::Subtract => each!($type, |x, y| x.wrapping_sub(y)),
                    Op::Multiply => each!($type, |x, y| x.wrapping_mul(y)),
                    Op::FloorDivide => each!($type, $floor_div),
                    Op::Remainder => each!($type, $remainder),
                    Op::Fmod => each!($type, |x, y| if y == 0 { 0 } else { x.wrapping_rem(y) }),
                    Op::Power => {
                        each!($type, |x, y| power(x, y as u64, 1, |a, b| a.wrapping_mul(b)))
                    }
                    Op::BitwiseAnd => each!($type, |x, y| x & y),
                    Op::BitwiseOr => each!($type, |x, y| x | y),
                    Op::BitwiseXor => each!($type, |x, y| x ^ y),
                    Op::LeftShift => {
                        each!($type, |x, y| u32::try_from(y)
                            .ok()
                            .and_then(|y| x.checked_shl(y))
                            .unwrap_or(0))
                    }
                    Op::RightShift => each!($type, |x, y| x >> (y as u64).min(63)),
                    Op::Maximum | Op::Fmax => each!($type, |x, y| x.max(y)),
                    Op::Minimum | Op::Fmin => each!($type, |x, y| x.min(y)),
                    Op::Gcd => each!($type, |x, y| gcd(x as i128, y as i128) as $type),
                    Op::Lcm => each!($type, |x, y| {
                        let divisor = gcd(x as i128, y as i128);
                        if divisor == 0 {
                            0
                        } else {
                            (x as i128 / divisor * y as i128).unsigned_abs() as $type
                        }
                    }),
                    _ => return None,
                })
            }
        }
    };
}

fn power<T: Copy>(mut base: T, mut exponent: u64, one: T, multiply: fn(T, T) -> T) -> T {
    let mut result = one;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

integer_arithmetic!(
    i64,
    |x, y| {
        if y == 0 {
            return 0;
        }
        let quotient = x.wrapping_div(y);
        if x.wrapping_rem(y) != 0 && (x < 0) != (y < 0) { quotient - 1 } else { quotient }
    },
    |x, y| {
        if y == 0 {
            return 0;
        }
        let rest = x.wrapping_rem(y);
        if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
    }
);
integer_arithmetic!(u64, |x, y| x.checked_div(y).unwrap_or(0), |x, y| x
    .checked_rem(y)
    .unwrap_or(0));

impl Arithmetic for bool {
    fn binary(op: Op) -> Option<Binary<bool>> {
        Some(match op {
            Op::Add | Op::Maximum | Op::Fmax | Op::BitwiseOr => each!(bool, |x, y| x | y),
            Op::Multiply | Op::Minimum | Op::Fmin | Op::BitwiseAnd => each!(bool, |x, y| x & y),
            Op::BitwiseXor => each!(bool, |x, y| x != y),
            _ => return None,
        })
    }
}

macro_rules! float_arithmetic {
    ($type:ident) => {
        impl Arithmetic for $type {
            fn binary(op: Op) -> Option<Binary<$type>> {
                Some(match op {
                    Op::Add => each!($type, |x, y| x + y),
                    Op::Subtract => each!($type, |x, y| x - y),
                    Op::Multiply => each!($type, |x, y| x * y),
                    Op::Divide => each!($type, |x, y| x / y),
                    Op::FloorDivide => each!($type, |x, y| {
                        if y == 0.0 {
                            return x / y;
                        }
                        let mut rest = x % y;
                        let mut quotient = (x - rest) / y;
                        if rest != 0.0 {
                            if (y < 0.0) != (rest < 0.0) {
                                rest += y;
                                quotient -= 1.0;
                            }
                            let _ = rest;
                        }
                        if quotient == 0.0 {
                            return (0.0 as $type).copysign(x / y);
                        }
                        let floor = quotient.floor();
                        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
                    }),
                    Op::Remainder => each!($type, |x, y| {
                        let rest = x % y;
                        if y == 0.0 {
                            return rest;
                        }
                        if rest == 0.0 {
                            return (0.0 as $type).copysign(y);
                        }
                        if (y < 0.0) != (rest < 0.0) { rest + y } else { rest }
                    }),
                    Op::Fmod => each!($type, |x, y| x % y),
                    Op::Power => |a, b, out| {
                        // One exponent for all is the usual case, and numpy has exact forms for the common ones.
                        match b.first() {
                            Some(&y) if b.iter().all(|&other| other == y) => match y {
                                2.0 => out.iter_mut().zip(a).for_each(|(o, &x)| *o = x * x),
                                1.0 => out.copy_from_slice(a),
                                0.0 => out.fill(1.0),
                                0.5 => out.iter_mut().zip(a).for_each(|(o, &x)| *o = x.sqrt()),
                                -1.0 => out.iter_mut().zip(a).for_each(|(o, &x)| *o = 1.0 / x),
                                _ => out.iter_mut().zip(a).for_each(|(o, &x)| *o = x.powf(y)),
                            },
                            _ => {
                                for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
                                    *o = x.powf(y);
                                }
                            }
                        }
                    },
                    Op::Maximum => each!($type, |x, y| if x >= y || x.is_nan() { x } else { y }),
                    Op::Minimum => each!($type, |x, y| if x <= y || x.is_nan() { x } else { y }),
                    Op::Fmax => each!($type, |x, y| if x >= y || y.is_nan() { x } else { y }),
                    Op::Fmin => each!($type, |x, y| if x <= y || y.is_nan() { x } else { y }),
                    Op::Arctan2 => each!($type, |x, y| x.atan2(y)),
                    Op::Hypot => each!($type, |x, y| x.hypot(y)),
                    Op::Copysign => each!($type, |x, y| x.copysign(y)),
                    Op::Logaddexp => each!($type, |x, y| {
                        if x == y {
                            return x + std::$type::consts::LN_2;
                        }
                        let difference = x - y;
                        if difference > 0.0 {
                            x + (-difference).exp().ln_1p()
                        } else if difference <= 0.0 {
                            y + difference.exp().ln_1p()
                        } else {
                            difference
                        }
                    }),
                    Op::Logaddexp2 => each!($type, |x, y| {
                        if x == y {
                            return x + 1.0;
                        }
                        let difference = x - y;
                        let small = std::$type::consts::LOG2_E;
                        if difference > 0.0 {
                            x + small * (-difference).exp2().ln_1p()
                        } else if difference <= 0.0 {
                            y + small * difference.exp2().ln_1p()
                        } else {
                            difference
                        }
                    }),
                    Op::Nextafter => each!($type, |x, y| {
                        if x.is_nan() || y.is_nan() {
                            x + y
                        } else if x < y {
                            x.next_up()
                        } else if x > y {
                            x.next_down()
                        } else {
                            y
                        }
                    }),
                    _ => return None,
                })
            }
        }
    };
}

float_arithmetic!(f32);
float_arithmetic!(f64);

/// Functions of one float.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    Sqrt,
    Cbrt,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Arcsin,
    Arccos,
    Arctan,
    Sinh,
    Cosh,
    Tanh,
    Arcsinh,
    Arccosh,
    Arctanh,
    Deg2rad,
    Rad2deg,
    Rint,
    Fabs,
    Sinc,
    Negative,
    Absolute,
    Sign,
    Square,
    Reciprocal,
    Floor,
    Ceil,
    Trunc,
}

/// The types whose chunks go through functions.
pub(crate) trait Functions: Number {
    fn unary(function: Function) -> Option<Unary<Self>>;
}

macro_rules! map {
    ($type:ty, $function:expr) => {
        |a, out| {
            for (o, &x) in out.iter_mut().zip(a) {
                let function: fn($type) -> $type = $function;
                *o = function(x);
            }
        }
    };
}

macro_rules! float_functions {
    ($type:ident, $exp:expr, $ln:expr) => {
        impl Functions for $type {
            fn unary(function: Function) -> Option<Unary<$type>> {
                Some(match function {
                    Function::Sqrt => map!($type, |x| x.sqrt()),
                    Function::Cbrt => map!($type, |x| x.cbrt()),
                    Function::Exp => map!($type, $exp),
                    Function::Exp2 => map!($type, |x| x.exp2()),
                    Function::Expm1 => map!($type, |x| x.exp_m1()),
                    Function::Log => map!($type, $ln),
                    Function::Log2 => map!($type, |x| x.log2()),
                    Function::Log10 => map!($type, |x| x.log10()),
                    Function::Log1p => map!($type, |x| x.ln_1p()),
                    Function::Sin => map!($type, |x| x.sin()),
                    Function::Cos => map!($type, |x| x.cos()),
                    Function::Tan => map!($type, |x| x.tan()),
                    Function::Arcsin => map!($type, |x| x.asin()),
                    Function::Arccos => map!($type, |x| x.acos()),
                    Function::Arctan => map!($type, |x| x.atan()),
                    Function::Sinh => map!($type, |x| x.sinh()),
                    Function::Cosh => map!($type, |x| x.cosh()),
                    Function::Tanh => map!($type, |x| x.tanh()),
                    Function::Arcsinh => map!($type, |x| x.asinh()),
                    Function::Arccosh => map!($type, |x| x.acosh()),
                    Function::Arctanh => map!($type, |x| x.atanh()),
                    Function::Deg2rad => map!($type, |x| x * (std::$type::consts::PI / 180.0)),
                    Function::Rad2deg => map!($type, |x| x * (180.0 / std::$type::consts::PI)),
                    Function::Rint => map!($type, |x| x.round_ties_even()),
                    Function::Fabs | Function::Absolute => map!($type, |x| x.abs()),
                    Function::Sinc => map!($type, |x| {
                        let y = std::$type::consts::PI * if x == 0.0 { 1.0e-20 } else { x };
                        y.sin() / y
                    }),
                    Function::Negative => map!($type, |x| -x),
                    Function::Sign => map!($type, |x| {
                        if x > 0.0 {
                            1.0
                        } else if x < 0.0 {
                            -1.0
                        } else if x == 0.0 {
                            0.0
                        } else {
                            x
                        }
                    }),
                    Function::Square => map!($type, |x| x * x),
                    Function::Reciprocal => map!($type, |x| 1.0 / x),
                    Function::Floor => map!($type, |x| x.floor()),
                    Function::Ceil => map!($type, |x| x.ceil()),
                    Function::Trunc => map!($type, |x| x.trunc()),
                })
            }
        }
    };
}

float_functions!(f32, super::exponential::exp, super::exponential::ln);
float_functions!(f64, f64::exp, f64::ln);

impl Functions for i64 {
    fn unary(function: Function) -> Option<Unary<i64>> {
        Some(match function {
            Function::Negative => map!(i64, |x| x.wrapping_neg()),
            Function::Absolute => map!(i64, |x| x.wrapping_abs()),
            Function::Sign => map!(i64, |x| x.signum()),
            Function::Square => map!(i64, |x| x.wrapping_mul(x)),
            Function::Reciprocal => map!(i64, |x| if x == 0 { i64::MIN } else { 1 / x }),
            Function::Floor | Function::Ceil | Function::Trunc => map!(i64, |x| x),
            _ => return None,
        })
    }
}

impl Functions for u64 {
    fn unary(function: Function) -> Option<Unary<u64>> {
        Some(match function {
            Function::Negative => map!(u64, |x| x.wrapping_neg()),
            Function::Sign => map!(u64, |x| u64::from(x != 0)),
            Function::Square => map!(u64, |x| x.wrapping_mul(x)),
            Function::Reciprocal => map!(u64, |x| 1_u64.checked_div(x).unwrap_or(0)),
            Function::Absolute | Function::Floor | Function::Ceil | Function::Trunc => {
                map!(u64, |x| x)
            }
            _ => return None,
        })
    }
}

impl Functions for bool {
    fn unary(function: Function) -> Option<Unary<bool>> {
        Some(match function {
            Function::Absolute | Function::Floor | Function::Ceil | Function::Trunc => {
                map!(bool, |x| x)
            }
            _ => return None,
        })
    }
}
