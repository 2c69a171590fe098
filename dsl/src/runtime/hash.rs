//! Hashing: which values can be keys, and the numbers that `hash()` gives (CPython's for numbers and tuples).

use super::{Exception, Key, PyResult, Value};

/// The value as a key, or "unhashable type".
pub fn key(value: &Value) -> PyResult<Key> {
    check(value)?;
    Ok(Key(value.clone()))
}

fn check(value: &Value) -> PyResult<()> {
    match value {
        Value::List(_) | Value::Dict(_) | Value::Set(_) => {
            let error = Exception::type_error(format!("unhashable type: '{}'", value.type_name()));
            Err(match value {
                Value::List(_) => error.with_hint("a tuple can be a key: tuple(the_list)"),
                Value::Set(_) => error.with_hint("a frozenset can be a key: frozenset(the_set)"),
                _ => error,
            })
        }
        Value::Tuple(items) => items.iter().try_for_each(check),
        Value::Object(object) => object.hash().map(|_| ()),
        _ => Ok(()),
    }
}

const PRIME: u64 = (1 << 61) - 1;

/// `hash(value)`
pub fn hash(value: &Value) -> PyResult<i64> {
    check(value)?;
    Ok(match value {
        Value::None => 0x0000_0fca_8642_0a5c_i64,
        Value::Bool(flag) => i64::from(*flag),
        Value::Int(number) => hash_int(*number),
        Value::Float(number) => hash_float(*number),
        Value::Str(text) => hash_text(text),
        Value::Tuple(items) => {
            let hashes: Vec<i64> = items.iter().map(hash).collect::<PyResult<_>>()?;
            hash_tuple(&hashes)
        }
        Value::Object(object) => match (object.hash()?, object.as_scalar()) {
            // A number or text in another form hashes as that; what the program wrote decides for its own classes.
            (
                _,
                Some(scalar @ (Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Str(_))),
            ) if value.downcast::<super::class::Instance>().is_none() => hash(&scalar)?,
            (Some(hash), _) => hash.cast_signed(),
            (None, _) => (super::operators::address(object) as i64) >> 4,
        },
        _ => 0,
    })
}

pub(super) fn hash_int(number: i64) -> i64 {
    let reduced = (number.unsigned_abs() % PRIME).cast_signed();
    match if number < 0 { -reduced } else { reduced } {
        -1 => -2,
        hash => hash,
    }
}

fn hash_float(number: f64) -> i64 {
    if !number.is_finite() {
        return if number.is_nan() {
            0
        } else if number > 0.0 {
            314_159
        } else {
            -314_159
        };
    }
    // The value modulo 2**61 - 1: multiplying by two is a rotation of 61 bits.
    let bits = number.abs().to_bits();
    let exponent_bits = (bits >> 52) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if exponent_bits == 0 {
        (fraction, -1074)
    } else {
        (fraction | (1 << 52), exponent_bits - 1075)
    };
    let rotate = exponent.rem_euclid(61) as u32;
    let wide = (u128::from(mantissa) << rotate) % u128::from(PRIME);
    let reduced = (wide as u64).cast_signed();
    match if number < 0.0 { -reduced } else { reduced } {
        -1 => -2,
        hash => hash,
    }
}

/// Python salts the hashes of texts; ours are the same in every run.
fn hash_text(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15).cast_signed()
}

/// CPython's variant of xxHash.
fn hash_tuple(hashes: &[i64]) -> i64 {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let mut sum = P5;
    for hash in hashes {
        sum = sum.wrapping_add(hash.cast_unsigned().wrapping_mul(P2));
        sum = sum.rotate_left(31).wrapping_mul(P1);
    }
    sum = sum.wrapping_add(hashes.len() as u64 ^ (P5 ^ 3_527_539));
    if sum == u64::MAX { 1_546_275_796 } else { sum.cast_signed() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_tuples_hash_as_in_cpython() {
        let tuple = Value::tuple(vec![Value::Int(1), Value::Int(2), Value::Int(3)]);
        let cases = [
            (Value::Int(-1), -2),
            (Value::Int(i64::MAX), 3),
            (Value::Float(0.5), 1_152_921_504_606_846_976),
            (Value::Float(-1.25), -576_460_752_303_423_489),
            (Value::Float(1e300), 1_224_995_262_755_759_164),
            (tuple, 529_344_067_295_497_451),
        ];
        for (value, expected) in cases {
            assert_eq!(hash(&value).unwrap(), expected);
        }
    }
}
