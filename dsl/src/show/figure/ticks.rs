//! Where the marks of an axis stand, and what is written at them: round numbers, powers of ten.

/// At most `most` + 1 round places (1, 2, 2.5, 5 times a power of ten) that cover the range from inside.
pub(crate) fn linear(low: f64, high: f64, most: usize) -> Vec<f64> {
    stepped(low, high, most, &[0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0])
}

/// As [`linear`], with more kinds of steps: the heights of contours.
pub(crate) fn fine(low: f64, high: f64, most: usize) -> Vec<f64> {
    stepped(low, high, most, &[0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0])
}

fn stepped(low: f64, high: f64, most: usize, steps: &[f64]) -> Vec<f64> {
    let span = high - low;
    if !(span > 0.0) || !span.is_finite() {
        return vec![low];
    }
    let raw = span / most.max(1) as f64;
    let power = 10_f64.powf(raw.log10().floor());
    // From the step that is just wide enough down to finer ones, until two places fit.
    let steps: Vec<f64> = steps.iter().map(|s| s * power).collect();
    let enough = steps.iter().position(|s| *s >= raw * (1.0 - 1e-10)).unwrap_or(steps.len() - 1);
    let mut places = Vec::new();
    for step in steps[..=enough].iter().rev() {
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        places = (first..=last).map(|k| clean(k as f64 * step, *step)).collect();
        if places.len() >= 2 {
            break;
        }
    }
    places
}

/// Whole numbers only, for counted things such as epochs.
pub(crate) fn whole(low: f64, high: f64, most: usize) -> Vec<f64> {
    let places = linear(low, high, most);
    if places.iter().all(|p| p.fract() == 0.0) {
        return places;
    }
    (low.ceil() as i64..=high.floor() as i64).map(|k| k as f64).collect()
}

/// Takes out the last digits' noise of `k * step`.
fn clean(value: f64, step: f64) -> f64 {
    let digits = (2.0 - step.log10().floor()).clamp(0.0, 15.0) as i32;
    let factor = 10_f64.powi(digits);
    let rounded = (value * factor).round() / factor;
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

/// The labels of linear places, and what stands once at the end of the axis (a power of ten, an offset).
pub(crate) fn labels(places: &[f64], low: f64, high: f64) -> (Vec<String>, String) {
    let inside: Vec<f64> = places.iter().copied().filter(|p| *p >= low && *p <= high).collect();
    let shown = if inside.is_empty() { places } else { &inside };
    let offset = offset(shown);
    let shifted: Vec<f64> = shown.iter().map(|p| p - offset).collect();
    let largest = shifted.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    let exponent = if largest > 0.0 { largest.log10().floor() as i32 } else { 0 };
    // Below 1e-5 and from 1e6 on, the power of ten is written once.
    let exponent = if exponent <= -5 || exponent >= 6 { exponent } else { 0 };
    let factor = 10_f64.powi(exponent);
    let scaled: Vec<f64> = shifted.iter().map(|p| p / factor).collect();
    let digits = digits(&scaled);
    let texts = places.iter().map(|p| number((p - offset) / factor, digits)).collect();
    let mut note = String::new();
    if exponent != 0 {
        note = format!("1e{}", minus(&exponent.to_string()));
    }
    if offset != 0.0 {
        let sign = if offset < 0.0 { "−" } else { "+" };
        let size = offset.abs();
        let text =
            if !(1e-4..1e6).contains(&size) { format!("{size:e}") } else { format!("{size}") };
        note.push_str(&format!("{sign}{text}"));
    }
    (texts, note)
}

/// What all places share, if that saves at least four digits.
fn offset(places: &[f64]) -> f64 {
    let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return 0.0 };
    let (low, high) = (first.min(last), first.max(last));
    if places.len() < 2 || low == high || low * high <= 0.0 {
        return 0.0;
    }
    let (small, large) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
    let sign = low.signum();
    let top = large.log10().ceil() as i32;
    // The highest power of ten at which the two ends differ.
    let mut power = top;
    while power > -16 {
        let unit = 10_f64.powi(power);
        if (small / unit).floor() != (large / unit).floor() {
            break;
        }
        power -= 1;
    }
    power += 1;
    let mut unit = 10_f64.powi(power);
    if (large - small) / unit <= 1e-2 {
        unit /= 10.0;
    }
    let shared = (large / unit).floor() * unit;
    let saved = if shared > 0.0 { shared.log10().floor() as i32 + 1 - power } else { 0 };
    if saved >= 4 { sign * shared } else { 0.0 }
}

/// How many decimals tell the places apart.
fn digits(places: &[f64]) -> usize {
    let low = places.iter().copied().fold(f64::INFINITY, f64::min);
    let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { high.abs().max(low.abs()) };
    if !(span > 0.0) || !span.is_finite() {
        return 0;
    }
    let order = span.log10().floor() as i32;
    let tolerance = 1e-3 * 10_f64.powi(order);
    let most = (3 - order).clamp(0, 12) as usize;
    (0..=most)
        .find(|n| {
            let factor = 10_f64.powi(*n as i32);
            places.iter().all(|p| (p - (p * factor).round() / factor).abs() < tolerance)
        })
        .unwrap_or(most)
}

fn number(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", if value.abs() < 1e-12 { 0.0 } else { value });
    minus(&text)
}

/// With a true minus sign.
pub(crate) fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// Powers of ten (and, between them, 2 to 9) of a logarithmic axis.
pub(crate) fn logarithmic(low: f64, high: f64, most: usize) -> (Vec<f64>, Vec<f64>) {
    if !(low > 0.0) || !(high > low) || !high.is_finite() {
        return (vec![], vec![]);
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let stride = ((last - first) as usize).div_ceil(most.max(2)).max(1);
    let inside = |p: &f64| *p >= low * (1.0 - 1e-9) && *p <= high * (1.0 + 1e-9);
    let major: Vec<f64> =
        (first..=last).step_by(stride).map(|k| 10_f64.powi(k)).filter(inside).collect();
    let minor: Vec<f64> = if stride == 1 {
        (first..=last)
            .flat_map(|k| (2..10).map(move |m| f64::from(m) * 10_f64.powi(k)))
            .filter(inside)
            .collect()
    } else {
        (first..=last)
            .map(|k| 10_f64.powi(k))
            .filter(inside)
            .filter(|p| !major.contains(p))
            .collect()
    };
    (major, minor)
}

/// A power of ten as it stands at a logarithmic axis (a formula), or a multiple of one.
pub(crate) fn power(value: f64) -> String {
    let exponent = value.log10().floor();
    let share = value / 10_f64.powf(exponent);
    if (share - 1.0).abs() < 1e-6 {
        format!("$10^{{{exponent:.0}}}$")
    } else {
        format!("${share:.0} \\times 10^{{{exponent:.0}}}$")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_round_numbers() {
        for (low, high, expected) in [
            (-0.05, 1.05, vec!["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (-4.5, 4.5, vec!["−4", "−3", "−2", "−1", "0", "1", "2", "3", "4"]),
            (
                0.0,
                0.0007,
                vec![
                    "0.0000", "0.0001", "0.0002", "0.0003", "0.0004", "0.0005", "0.0006", "0.0007",
                ],
            ),
            (0.9, 2.1, vec!["1.0", "1.2", "1.4", "1.6", "1.8", "2.0"]),
        ] {
            let places = linear(low, high, 9);
            assert_eq!(labels(&places, low, high).0, expected);
        }
        assert_eq!(labels(&linear(0.0, 5e6, 9), 0.0, 5e6).1, "1e6");
        assert_eq!(labels(&linear(100_000.0, 100_001.0, 9), 1e5, 100_001.0).1, "+100000");
        assert_eq!(power(0.001), "$10^{-3}$");
        assert_eq!(logarithmic(1.0, 1000.0, 9).0, [1.0, 10.0, 100.0, 1000.0]);
    }
}
