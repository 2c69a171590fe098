//! Text of arrays and scalars, digit for digit as numpy writes it.

use std::cell::RefCell;

use half::f16;

use super::array::Array;
use super::dtype::DType;
use super::storage::Storage;

/// `np.set_printoptions`
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) precision: usize,
    pub(crate) threshold: usize,
    pub(crate) edge_items: usize,
    pub(crate) line_width: usize,
    pub(crate) suppress: bool,
    pub(crate) float_mode: FloatMode,
    pub(crate) sign: char,
    pub(crate) nan: String,
    pub(crate) infinity: String,
    /// Functions of the user by kind (`float_kind`).
    pub(crate) formatters: Vec<(String, crate::runtime::Value)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloatMode {
    Fixed,
    Unique,
    MaxPrec,
    MaxPrecEqual,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            precision: 8,
            threshold: 1000,
            edge_items: 3,
            line_width: 75,
            suppress: false,
            float_mode: FloatMode::MaxPrec,
            sign: '-',
            nan: "nan".to_owned(),
            infinity: "inf".to_owned(),
            formatters: Vec::new(),
        }
    }
}

thread_local! {
    /// What `set_printoptions` set; every session runs on a thread of its own.
    static OPTIONS: RefCell<Options> = RefCell::new(Options::default());
}

pub(crate) fn options() -> Options {
    OPTIONS.with(|options| options.borrow().clone())
}

pub(crate) fn set_options(new: Options) {
    OPTIONS.with(|options| *options.borrow_mut() = new);
}

/// `repr` of a string: single quotes unless only they occur inside.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// The fewest digits that give the number back, and the power of ten of the first: `d.ddd * 10^e`.
fn shortest(number: f64, dtype: DType) -> (String, i32) {
    let text = match dtype {
        DType::Float16 => {
            let wanted = f16::from_f64(number);
            (0..6)
                .map(|digits| format!("{number:.digits$e}"))
                .find(|text| text.parse::<f64>().is_ok_and(|n| f16::from_f64(n) == wanted))
                .unwrap_or_else(|| format!("{number:e}"))
        }
        DType::Float32 => format!("{:e}", number as f32),
        _ => format!("{number:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// Integer and fraction digits without exponent, shortest form; the fraction may be empty.
fn positional_parts(number: f64, dtype: DType) -> (String, String) {
    let (digits, exponent) = shortest(number.abs(), dtype);
    let (whole, fraction) = if exponent < 0 {
        let zeros = "0".repeat((-exponent - 1) as usize);
        ("0".to_owned(), if digits == "0" { String::new() } else { zeros + digits.as_str() })
    } else {
        let point = exponent as usize + 1;
        if digits.len() <= point {
            let zeros = "0".repeat(point - digits.len());
            (digits + zeros.as_str(), String::new())
        } else {
            (digits[..point].to_owned(), digits[point..].to_owned())
        }
    };
    (sign_of(number) + whole.as_str(), fraction)
}

/// A number without exponent, ending in a point if it is whole.
pub(crate) fn positional_text(number: f64, dtype: DType, precision: Option<usize>) -> String {
    let (whole, fraction) = positional(number, dtype, precision, true);
    format!("{whole}.{fraction}")
}

fn sign_of(number: f64) -> String {
    if number.is_sign_negative() { "-".to_owned() } else { String::new() }
}

/// `str` of a float scalar: like Python's floats, with the digits that its own type needs.
pub(crate) fn scalar_text(number: f64, dtype: DType) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if dtype == DType::BFloat16 {
        let size = crate::runtime::format::float::general(number.abs(), 6, false, false);
        return sign_of(number) + size.as_str();
    }
    let size = number.abs();
    let limit = match dtype {
        DType::Float16 => 1e3,
        DType::Float32 => 1e6,
        _ => 1e16,
    };
    if size == 0.0 || (1e-4..limit).contains(&size) {
        let (whole, fraction) = positional_parts(number, dtype);
        let fraction = if fraction.is_empty() { "0" } else { &fraction };
        return format!("{whole}.{fraction}");
    }
    let (digits, exponent) = shortest(size, dtype);
    let rest = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
    format!("{}{}{rest}e{}", sign_of(number), &digits[..1], exponent_text(exponent, 2))
}

fn exponent_text(exponent: i32, digits: usize) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:0digits$}", exponent.unsigned_abs())
}

/// How the elements of one array are written: all equally wide.
enum Formatter {
    Bool {
        padded: bool,
    },
    Integer {
        width: usize,
        plus: bool,
    },
    Float(FloatFormat),
    /// Each number by itself, as `%g`.
    General,
    Text,
    Object,
    /// A function of the user.
    User(crate::runtime::Value),
}

struct FloatFormat {
    dtype: DType,
    scientific: bool,
    unique: bool,
    /// Fraction digits: at most (or exactly, if `keep`).
    precision: Option<usize>,
    keep: bool,
    pad_left: usize,
    pad_right: usize,
    exponent_digits: usize,
    sign: char,
    nan: String,
    infinity: String,
}

/// Integer part (with sign) and fraction of a number without exponent.
fn positional(
    number: f64,
    dtype: DType,
    precision: Option<usize>,
    unique: bool,
) -> (String, String) {
    let (whole, fraction) = positional_parts(number, dtype);
    match precision {
        Some(precision) if !unique || fraction.len() > precision => {
            let text = format!("{:.precision$}", number.abs());
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            (sign_of(number) + whole, fraction.to_owned())
        }
        _ => (whole, fraction),
    }
}

/// Integer part (with sign), fraction and exponent of a number in scientific form.
fn scientific(
    number: f64,
    dtype: DType,
    precision: Option<usize>,
    exact: bool,
) -> (String, String, i32) {
    let (digits, exponent) = shortest(number.abs(), dtype);
    match precision {
        Some(precision) if exact || digits.len() - 1 > precision => {
            let text = format!("{:.precision$e}", number.abs());
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            (sign_of(number) + whole, fraction.to_owned(), exponent.parse().unwrap_or(0))
        }
        _ => (sign_of(number) + &digits[..1], digits[1..].to_owned(), exponent),
    }
}

impl FloatFormat {
    fn new(numbers: &[f64], dtype: DType, options: &Options) -> FloatFormat {
        let finite: Vec<f64> = numbers.iter().copied().filter(|n| n.is_finite()).collect();
        let sizes = finite.iter().filter(|n| **n != 0.0).map(|n| n.abs());
        let (low, high) =
            sizes.fold((f64::INFINITY, 0.0_f64), |(low, high), n| (low.min(n), high.max(n)));
        let largest = match dtype {
            DType::Float16 => 1e3,
            DType::Float32 => 1e6,
            _ => 1e8,
        };
        // The quotient is one of the array's own type.
        let ratio = match dtype {
            DType::Float16 => f16::from_f64(high / low).to_f64(),
            DType::Float32 => f64::from((high / low) as f32),
            _ => high / low,
        };
        let smallest = match dtype {
            DType::Float16 => f16::from_f64(0.0001).to_f64(),
            DType::Float32 => f64::from(0.0001_f32),
            _ => 0.0001,
        };
        let as_scientific = high > 0.0
            && (high >= largest || (!options.suppress && (low < smallest || ratio > 1000.0)));
        let fixed = options.float_mode == FloatMode::Fixed;
        let mut format = FloatFormat {
            dtype,
            scientific: false,
            unique: !fixed,
            precision: match options.float_mode {
                FloatMode::Unique => None,
                _ => Some(options.precision),
            },
            keep: false,
            pad_left: 0,
            pad_right: 0,
            exponent_digits: 2,
            sign: options.sign,
            nan: options.nan.clone(),
            infinity: options.infinity.clone(),
        };
        let plus = |text: &str| usize::from(options.sign == '+' && !text.starts_with('-'));
        if finite.is_empty() {
            format.unique = true;
        } else if as_scientific {
            let parts: Vec<_> =
                finite.iter().map(|&n| scientific(n, dtype, format.precision, fixed)).collect();
            let kept = |f: &str| if fixed { f.len() } else { f.trim_end_matches('0').len() };
            let fraction = parts.iter().map(|(_, f, _)| kept(f)).max().unwrap_or(0);
            format.scientific = true;
            format.keep = true;
            format.precision = Some(fraction);
            format.pad_left = parts.iter().map(|(w, ..)| w.len() + plus(w)).max().unwrap_or(1);
            format.exponent_digits =
                parts.iter().map(|(.., e)| exponent_text(*e, 2).len() - 1).max().unwrap_or(2);
            format.pad_right = format.exponent_digits + 2 + fraction;
        } else {
            let parts: Vec<_> =
                finite.iter().map(|&n| positional(n, dtype, format.precision, !fixed)).collect();
            let kept = |f: &str| if fixed { f.len() } else { f.trim_end_matches('0').len() };
            format.pad_left = parts.iter().map(|(w, _)| w.len() + plus(w)).max().unwrap_or(1);
            format.pad_right = parts.iter().map(|(_, f)| kept(f)).max().unwrap_or(0);
            if matches!(options.float_mode, FloatMode::Fixed | FloatMode::MaxPrecEqual) {
                format.precision = Some(format.pad_right);
                format.keep = true;
            }
        }
        if options.sign == ' ' && !finite.iter().any(|n| n.is_sign_negative()) {
            format.pad_left += 1;
        }
        if finite.len() != numbers.len() {
            let negative =
                options.sign != '-' || numbers.iter().any(|n| n.is_infinite() && *n < 0.0);
            let after = format.pad_right + 1;
            format.pad_left = format
                .pad_left
                .max(options.nan.len().saturating_sub(after))
                .max((options.infinity.len() + usize::from(negative)).saturating_sub(after));
        }
        format
    }

    fn write(&self, number: f64) -> String {
        let plus = if self.sign == '+' { "+" } else { "" };
        if !number.is_finite() {
            let text = if number.is_nan() {
                format!("{plus}{}", self.nan)
            } else if number < 0.0 {
                format!("-{}", self.infinity)
            } else {
                format!("{plus}{}", self.infinity)
            };
            return format!("{text:>width$}", width = self.pad_left + self.pad_right + 1);
        }
        let plus = if number.is_sign_negative() { "" } else { plus };
        if self.scientific {
            // With a fixed number of digits, numpy goes on with the exact digits of the number.
            let (whole, fraction, exponent) =
                scientific(number, self.dtype, self.precision, self.keep);
            return format!(
                "{:>width$}.{fraction}e{}",
                format!("{plus}{whole}"),
                exponent_text(exponent, self.exponent_digits),
                width = self.pad_left
            );
        }
        let (whole, mut fraction) =
            positional(number, self.dtype, self.precision, self.unique && !self.keep);
        if !self.keep {
            fraction.truncate(fraction.trim_end_matches('0').len());
        }
        format!(
            "{:>left$}.{fraction:<right$}",
            format!("{plus}{whole}"),
            left = self.pad_left,
            right = self.pad_right
        )
    }
}

impl Formatter {
    fn new(shown: &Storage, is_scalar: bool, options: &Options) -> Formatter {
        let names: &[&str] = match shown.dtype().kind() {
            'b' => &["bool", "all"],
            'i' | 'u' => &["int", "int_kind", "all"],
            'f' => &["float", "float_kind", "all"],
            'U' => &["numpystr", "str_kind", "all"],
            _ => &["object", "all"],
        };
        let user = names
            .iter()
            .find_map(|name| options.formatters.iter().find(|(known, _)| known == name));
        if let Some((_, function)) = user {
            return Formatter::User(function.clone());
        }
        match shown {
            Storage::Bool(_) => Formatter::Bool { padded: !is_scalar },
            Storage::Str(_) => Formatter::Text,
            Storage::Object(_) => Formatter::Object,
            Storage::Float16(v) => {
                let numbers: Vec<f64> = v.iter().map(|n| n.to_f64()).collect();
                Formatter::Float(FloatFormat::new(&numbers, DType::Float16, options))
            }
            Storage::BFloat16(_) => Formatter::General,
            Storage::Float32(v) => {
                let numbers: Vec<f64> = v.iter().map(|&n| f64::from(n)).collect();
                Formatter::Float(FloatFormat::new(&numbers, DType::Float32, options))
            }
            Storage::Float64(v) => Formatter::Float(FloatFormat::new(v, DType::Float64, options)),
            integers => {
                let texts = (0..integers.len()).map(|i| integer_text(integers, i));
                let mut width = 0;
                for text in texts {
                    let extra = matches!(options.sign, '+' | ' ') && !text.starts_with('-');
                    width = width.max(text.len() + usize::from(extra));
                }
                Formatter::Integer { width, plus: options.sign == '+' }
            }
        }
    }

    fn write(&self, storage: &Storage, position: usize) -> String {
        match self {
            Formatter::Bool { padded } => match storage {
                Storage::Bool(v) if v[position] => {
                    if *padded { " True" } else { "True" }.to_owned()
                }
                _ => "False".to_owned(),
            },
            Formatter::Integer { width, plus, .. } => {
                let text = integer_text(storage, position);
                let text = if *plus && !text.starts_with('-') { format!("+{text}") } else { text };
                format!("{text:>width$}")
            }
            Formatter::Float(format) => format.write(match storage {
                Storage::Float16(v) => v[position].to_f64(),
                Storage::Float32(v) => f64::from(v[position]),
                Storage::Float64(v) => v[position],
                _ => 0.0,
            }),
            Formatter::General => match storage {
                Storage::BFloat16(v) => scalar_text(v[position].to_f64(), DType::BFloat16),
                _ => String::new(),
            },
            Formatter::Text => match storage {
                Storage::Str(v) => quoted(&v[position]),
                _ => String::new(),
            },
            Formatter::User(function) => {
                let item = super::scalar::from_storage(storage, position);
                match super::elementwise::call_value(function, vec![item]) {
                    Ok(text) => super::scalar::text_of(&text),
                    Err(error) => format!("<{error}>"),
                }
            }
            Formatter::Object => match storage {
                Storage::Object(v) => super::describe(&v[position]),
                _ => String::new(),
            },
        }
    }
}

fn integer_text(storage: &Storage, position: usize) -> String {
    match storage {
        Storage::UInt64(v) => v[position].to_string(),
        other => {
            let mut number = [0_i64];
            other.read_run(position as isize, 1, &mut number);
            number[0].to_string()
        }
    }
}

/// The elements that are shown: the first and last few along each axis if there are too many.
fn shown(array: &Array, options: &Options) -> Storage {
    if array.size() <= options.threshold {
        return array.to_storage();
    }
    let mut out = Storage::with_capacity(array.dtype(), 0);
    collect_edges(array, options.edge_items, &mut out);
    out
}

fn collect_edges(array: &Array, edge: usize, out: &mut Storage) {
    if array.ndim() == 0 {
        out.extend_run(&array.storage.borrow(), array.offset as isize, 1, 1);
        return;
    }
    let n = array.shape()[0];
    for i in (0..n).filter(|&i| n <= 2 * edge || i < edge || i + edge >= n) {
        collect_edges(&array.at(0, i), edge, out);
    }
}

struct Writer<'a> {
    formatter: Formatter,
    options: &'a Options,
    separator: &'a str,
    summarise: bool,
}

impl Writer<'_> {
    /// numpy's recursion, with the same widths at each level.
    fn write(&self, array: &Array, storage: &Storage, indent: &str, width: usize) -> String {
        if array.ndim() == 0 {
            return self.formatter.write(storage, array.offset);
        }
        let next_indent = format!("{indent} ");
        let next_width = width.saturating_sub(1);
        let n = array.shape()[0];
        let edge = self.options.edge_items;
        let summary = self.summarise && 2 * edge < n;
        let (leading, trailing) = if summary { (edge, edge) } else { (0, n) };
        let items = (0..leading)
            .map(Some)
            .chain(summary.then_some(None))
            .chain((n - trailing..n).map(Some));
        let mut text = String::new();
        if array.ndim() == 1 {
            let bare = self.separator.trim_end().chars().count().max(1);
            let element_width = width.saturating_sub(bare);
            let mut line = indent.to_owned();
            let mut first = true;
            for item in items {
                if !first {
                    line.push_str(self.separator);
                }
                first = false;
                let word = match item {
                    Some(i) => self.write(&array.at(0, i), storage, &next_indent, next_width),
                    None => "...".to_owned(),
                };
                extend_line(&mut text, &mut line, &word, element_width, indent);
            }
            text.push_str(&line);
        } else {
            let line_end =
                format!("{}{}", self.separator.trim_end(), "\n".repeat(array.ndim() - 1));
            let mut first = true;
            for item in items {
                if !first {
                    text.push_str(&line_end);
                }
                first = false;
                text.push_str(indent);
                match item {
                    Some(i) => text.push_str(&self.write(
                        &array.at(0, i),
                        storage,
                        &next_indent,
                        next_width,
                    )),
                    None => text.push_str("..."),
                }
            }
        }
        format!("[{}]", text.get(indent.len()..).unwrap_or(""))
    }
}

fn extend_line(text: &mut String, line: &mut String, word: &str, width: usize, indent: &str) {
    let words: Vec<&str> = word.lines().collect();
    let longest = words.iter().map(|w| w.chars().count()).max().unwrap_or(0);
    let used = line.chars().count();
    let wrap = used + longest > width && used > indent.len();
    if wrap {
        text.push_str(line.trim_end());
        text.push('\n');
        *line = indent.to_owned();
    }
    if words.len() <= 1 {
        line.push_str(word);
        return;
    }
    let hanging = if wrap { indent.to_owned() } else { " ".repeat(used) };
    line.push_str(words[0]);
    for word in &words[1..] {
        text.push_str(line.trim_end());
        text.push('\n');
        *line = format!("{hanging}{word}");
    }
    let last = words.last().map_or(0, |w| w.chars().count());
    line.push_str(&" ".repeat(longest - last));
}

/// `np.array2string`, with numpy's defaults for `str`.
pub(crate) fn to_string(
    array: &Array,
    separator: &str,
    prefix: &str,
    suffix: &str,
    options: &Options,
) -> String {
    if array.size() == 0 {
        return "[]".to_owned();
    }
    let writer = Writer {
        formatter: Formatter::new(&shown(array, options), array.ndim() == 0, options),
        options,
        separator,
        summarise: array.size() > options.threshold,
    };
    let indent = " ".repeat(1 + prefix.chars().count());
    let width = options.line_width.saturating_sub(suffix.chars().count());
    writer.write(array, &array.storage.borrow(), &indent, width)
}

/// `str(array)`
pub(crate) fn str(array: &Array) -> String {
    if array.ndim() == 0 {
        return super::scalar::text_of(&array.element(array.offset));
    }
    to_string(array, " ", "", "", &options())
}

/// `repr(array)`
pub(crate) fn repr(array: &Array) -> String {
    let options = options();
    let prefix = "array(";
    let list = to_string(array, ", ", prefix, ")", &options);
    let mut extras = Vec::new();
    if (array.size() == 0 && *array.shape() != [0]) || array.size() > options.threshold {
        extras.push(format!("shape={}", super::shape_text(array.shape())));
    }
    let implied = matches!(array.dtype(), DType::Int64 | DType::Float64 | DType::Bool);
    if !implied || array.size() == 0 {
        extras.push(match array.dtype() {
            DType::Str => format!("dtype='<U{}'", array.text_width()),
            other => format!("dtype={other}"),
        });
    }
    if extras.is_empty() {
        return format!("{prefix}{list})");
    }
    let text = format!("{prefix}{list},");
    let extra = format!("{})", extras.join(", "));
    let last = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let spacer = if last + extra.len() + 1 > options.line_width {
        format!("\n{}", " ".repeat(prefix.len()))
    } else {
        " ".to_owned()
    };
    format!("{text}{spacer}{extra}")
}
