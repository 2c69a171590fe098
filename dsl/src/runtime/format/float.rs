//! Floats as decimal text: the shortest that reads back the same, as Python prints it, and the `e`, `f`, `g` forms.

/// `repr(x)`: `0.1`, `1e-05`, `1e+16`, `inf`, `nan`.
pub fn repr(x: f64) -> String {
    if let Some(text) = not_finite(x) {
        return text.to_owned();
    }
    let (negative, digits, exponent) = shortest(x);
    let mut out = String::from(if negative { "-" } else { "" });
    if (-4..16).contains(&exponent) {
        push_plain(&mut out, &digits, exponent);
        if !out.contains('.') {
            out.push_str(".0");
        }
    } else {
        push_scientific(&mut out, &digits, exponent);
    }
    out
}

pub(crate) fn not_finite(x: f64) -> Option<&'static str> {
    if x.is_nan() {
        Some("nan")
    } else if x.is_infinite() {
        Some(if x > 0.0 { "inf" } else { "-inf" })
    } else {
        None
    }
}

/// Sign, digits without leading or trailing zeros, and the power of ten of the first digit.
pub(crate) fn shortest(x: f64) -> (bool, String, i32) {
    split(&format!("{x:e}"))
}

fn split(scientific: &str) -> (bool, String, i32) {
    let negative = scientific.starts_with('-');
    let body = scientific.trim_start_matches('-');
    let (mantissa, exponent) = body.split_once('e').unwrap_or((body, "0"));
    (negative, mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn push_plain(out: &mut String, digits: &str, exponent: i32) {
    if exponent < 0 {
        out.push_str("0.");
        for _ in 1..-exponent {
            out.push('0');
        }
        out.push_str(digits);
        return;
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    for i in 0..whole.max(digits.len()) {
        if i == whole {
            out.push('.');
        }
        out.push(digits.as_bytes().get(i).map_or('0', |&b| char::from(b)));
    }
}

fn push_scientific(out: &mut String, digits: &str, exponent: i32) {
    let (first, rest) = digits.split_at(1.min(digits.len()));
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    push_exponent(out, exponent);
}

fn push_exponent(out: &mut String, exponent: i32) {
    out.push('e');
    out.push(if exponent < 0 { '-' } else { '+' });
    out.push_str(&format!("{:02}", exponent.abs()));
}

/// `{x:.{precision}e}` of a finite number that is not negative.
pub(crate) fn scientific(x: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{x:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut out = mantissa.to_owned();
    if alternate && precision == 0 {
        out.push('.');
    }
    push_exponent(&mut out, exponent.parse().unwrap_or(0));
    out
}

/// `{x:.{precision}f}` of a finite number that is not negative.
pub(crate) fn fixed(x: f64, precision: usize, alternate: bool) -> String {
    let mut out = format!("{x:.precision$}");
    if alternate && precision == 0 {
        out.push('.');
    }
    out
}

/// `{x:.{precision}g}` of a finite number that is not negative. `point` keeps `.0` as `str` does.
pub(crate) fn general(x: f64, precision: usize, alternate: bool, point: bool) -> String {
    let precision = precision.max(1);
    let text = format!("{x:.*e}", precision - 1);
    let (_, digits, exponent) = split(&text);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    // A number without a presentation type switches one digit earlier, so that `.0` fits.
    let limit = if point { limit - 1 } else { limit };
    let kept = if alternate { digits.as_str() } else { digits.trim_end_matches('0') };
    let kept = if kept.is_empty() { "0" } else { kept };
    let mut out = String::new();
    if (-4..limit.max(if point { 0 } else { 1 })).contains(&exponent) {
        push_plain(&mut out, kept, exponent);
        if alternate && !out.contains('.') {
            out.push('.');
        }
        if point && !out.contains('.') {
            out.push_str(".0");
        }
    } else {
        let (first, rest) = kept.split_at(1);
        out.push_str(first);
        if !rest.is_empty() || alternate {
            out.push('.');
            out.push_str(rest);
        }
        push_exponent(&mut out, exponent);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::repr;

    #[test]
    fn floats_print_as_python_prints_them() {
        let cases = [
            (0.1, "0.1"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (1e22, "1e+22"),
            (2.5e-310, "2.5e-310"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
            (100.0, "100.0"),
            (2.34567, "2.34567"),
        ];
        for (number, text) in cases {
            assert_eq!(repr(number), text);
        }
    }
}
