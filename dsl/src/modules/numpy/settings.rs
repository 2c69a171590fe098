//! Print options, `errstate`, limits of types, texts of arrays.

use super::arguments::flag;
use super::array::Array;
use super::dtype::DType;
use super::print::{self, FloatMode, Options};
use super::scalar::{Item, Scalar};
use super::table::{Row, array, row, take};
use super::types::TypeInfo;
use crate::runtime::{Exception, Object, PyResult, Value};

const PRINT: &str = "precision=None, threshold=None, edgeitems=None, linewidth=None, suppress=None, nanstr=None, infstr=None, formatter=None, sign=None, floatmode=None, *, legacy=None, override_repr=None";

pub(crate) const TABLE: &[Row] = &[
    row("set_printoptions", PRINT, "How arrays are written from now on.", |v| {
        print::set_options(changed(&v)?);
        Ok(Value::None)
    }),
    row("get_printoptions", "", "How arrays are written.", |_| {
        let options = print::options();
        Ok(Value::dict([
            ("edgeitems", Value::Int(options.edge_items as i64)),
            ("threshold", Value::Int(options.threshold.min(i64::MAX as usize) as i64)),
            ("floatmode", Value::str(mode_name(options.float_mode))),
            ("precision", Value::Int(options.precision as i64)),
            ("suppress", Value::Bool(options.suppress)),
            ("linewidth", Value::Int(options.line_width.min(i64::MAX as usize) as i64)),
            ("nanstr", Value::str(options.nan)),
            ("infstr", Value::str(options.infinity)),
            ("sign", Value::str(options.sign.to_string())),
            ("formatter", Value::None),
            ("legacy", Value::Bool(false)),
            ("override_repr", Value::None),
        ]))
    }),
    row("printoptions", PRINT, "How arrays are written inside of `with`.", |v| {
        Ok(Value::object(PrintOptions { inside: changed(&v)?, outside: print::options() }))
    }),
    row(
        "errstate",
        "*, call=None, all=None, divide=None, over=None, under=None, invalid=None",
        "For `with`: kerai never warns about divisions and overflows of arrays.",
        |_| Ok(Value::object(ErrorState)),
    ),
    row(
        "seterr",
        "all=None, divide=None, over=None, under=None, invalid=None",
        "kerai never warns about divisions and overflows of arrays.",
        |_| {
            let ignored = || Value::str("ignore");
            Ok(Value::dict([
                ("divide", ignored()),
                ("over", ignored()),
                ("under", ignored()),
                ("invalid", ignored()),
            ]))
        },
    ),
    row(
        "array2string",
        "a, max_line_width=None, precision=None, suppress_small=None, separator=' ', prefix='', *, formatter=None, threshold=None, edgeitems=None, sign=None, floatmode=None, suffix='', legacy=None",
        "The text of an array.",
        |v| {
            let [
                a,
                width,
                precision,
                suppress,
                separator,
                prefix,
                formatter,
                threshold,
                edge,
                sign,
                mode,
                suffix,
                _legacy,
            ] = take(v)?;
            let none = || Value::None;
            let options = changed(&[
                precision,
                threshold,
                edge,
                width,
                suppress,
                none(),
                none(),
                formatter,
                sign,
                mode,
                none(),
                none(),
            ])?;
            Ok(Value::str(print::to_string(
                &array(&a)?,
                &separator.as_str("separator")?,
                &prefix.as_str("prefix")?,
                &suffix.as_str("suffix")?,
                &options,
            )))
        },
    ),
    row(
        "array_str",
        "a, max_line_width=None, precision=None, suppress_small=None",
        "`str` of an array.",
        |v| {
            let [a, width, precision, suppress] = take(v)?;
            let none = || Value::None;
            let options = changed(&[
                precision,
                none(),
                none(),
                width,
                suppress,
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
            ])?;
            Ok(Value::str(print::to_string(&array(&a)?, " ", "", "", &options)))
        },
    ),
    row(
        "array_repr",
        "arr, max_line_width=None, precision=None, suppress_small=None",
        "`repr` of an array.",
        |v| {
            let [a, ..] = take::<4>(v)?;
            Ok(Value::str(print::repr(&array(&a)?)))
        },
    ),
    row(
        "format_float_positional",
        "x, precision=None, unique=True, fractional=True, trim='k', sign=False, pad_left=None, pad_right=None, min_digits=None",
        "A number without exponent.",
        |v| {
            let [x, precision, _unique, _fractional, trim, _sign, ..] = take::<9>(v)?;
            let (number, dtype) = match x.downcast::<Scalar>() {
                Some(scalar) => (scalar.plain().as_float("x")?, scalar.dtype),
                None => (x.as_float("x")?, DType::Float64),
            };
            let precision = if precision.is_none() {
                None
            } else {
                Some(precision.as_int("precision")?.max(0) as usize)
            };
            let text = print::positional_text(number, dtype, precision);
            Ok(Value::str(match trim.as_str("trim")?.as_ref() {
                "-" => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                "0" if text.ends_with('.') => text + "0",
                _ => text,
            }))
        },
    ),
    row("binary_repr", "num, width=None", "The binary digits of an integer.", |v| {
        let [number, width] = take(v)?;
        let number = number.as_int("num")?;
        let width =
            if width.is_none() { 0 } else { width.as_int("width")?.clamp(0, 4096) as usize };
        Ok(Value::str(match (number < 0, width) {
            (false, _) => format!("{number:0width$b}"),
            (true, 0) => format!("-{:b}", number.unsigned_abs()),
            (true, 1..64) => format!("{:0width$b}", number & ((1 << width) - 1)),
            (true, _) => format!("{number:1>width$b}"),
        }))
    }),
    row("iinfo", "type", "The limits of an integer type.", |v| {
        let [value] = take(v)?;
        let dtype = dtype_of(&value)?;
        let Some((low, high)) = dtype.integer_range() else {
            return Err(Exception::value_error(format!(
                "Invalid integer data type '{}'.",
                dtype.kind()
            )));
        };
        let high = match i64::try_from(high) {
            Ok(high) => Value::Int(high),
            Err(_) => Value::object(Scalar { dtype, item: Item::Unsigned(u64::MAX) }),
        };
        let fields = vec![
            ("min", Value::Int(low as i64)),
            ("max", high),
            ("bits", Value::Int(8 * dtype.item_size() as i64)),
        ];
        Ok(Value::object(TypeInfo { class: "iinfo", dtype, fields }))
    }),
    row("finfo", "dtype", "The limits of a float type.", |v| {
        let [value] = take(v)?;
        let dtype = dtype_of(&value)?;
        let (eps, max, tiny, smallest, digits, bits) = match dtype {
            DType::Float16 => {
                (0.000_976_562_5, 65504.0, 6.103_515_625e-5, 5.960_464_477_539_063e-8, 3, 16)
            }
            DType::Float32 => (
                f64::from(f32::EPSILON),
                f64::from(f32::MAX),
                f64::from(f32::MIN_POSITIVE),
                f64::from(f32::from_bits(1)),
                6,
                32,
            ),
            DType::Float64 => {
                (f64::EPSILON, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), 15, 64)
            }
            _ => {
                return Err(Exception::value_error(format!(
                    "data type <class 'numpy.{dtype}'> not inexact"
                )));
            }
        };
        let scalar = |number: f64| Array::scalar(number).cast(dtype).map(|a| a.to_value());
        let fields = vec![
            ("eps", scalar(eps)?),
            ("max", scalar(max)?),
            ("min", scalar(-max)?),
            ("tiny", scalar(tiny)?),
            ("smallest_normal", scalar(tiny)?),
            ("smallest_subnormal", scalar(smallest)?),
            ("resolution", scalar(10_f64.powi(-digits))?),
            ("precision", Value::Int(i64::from(digits))),
            ("bits", Value::Int(bits)),
        ];
        Ok(Value::object(TypeInfo { class: "finfo", dtype, fields }))
    }),
];

fn dtype_of(value: &Value) -> PyResult<DType> {
    match value {
        Value::Int(_) => Ok(DType::Int64),
        Value::Float(_) => Ok(DType::Float64),
        other => match other.downcast::<Scalar>() {
            Some(scalar) => Ok(scalar.dtype),
            None => DType::from_value(other),
        },
    }
}

fn mode_name(mode: FloatMode) -> &'static str {
    match mode {
        FloatMode::Fixed => "fixed",
        FloatMode::Unique => "unique",
        FloatMode::MaxPrec => "maxprec",
        FloatMode::MaxPrecEqual => "maxprec_equal",
    }
}

/// The options with what was given changed, in the order of `set_printoptions`.
fn changed(v: &[Value]) -> PyResult<Options> {
    let mut options = print::options();
    let [precision, threshold, edge, width, suppress, nan, infinity, formatter, sign, mode, ..] = v
    else {
        return Ok(options);
    };
    let count = |value: &Value, what: &str| -> PyResult<usize> {
        match value {
            // `threshold=np.inf` and `sys.maxsize` mean: never summarise.
            Value::Float(number) if number.is_infinite() => Ok(usize::MAX / 2),
            other => match other.as_int(what)? {
                n if n >= 0 => Ok(n as usize),
                _ => Err(Exception::value_error(format!("{what} must be >= 0"))),
            },
        }
    };
    if !precision.is_none() {
        options.precision = count(precision, "precision")?.min(1000);
    }
    if !threshold.is_none() {
        options.threshold = count(threshold, "threshold")?;
    }
    if !edge.is_none() {
        options.edge_items = count(edge, "edgeitems")?.min(usize::MAX / 4);
    }
    if !width.is_none() {
        options.line_width = count(width, "linewidth")?;
    }
    if !suppress.is_none() {
        options.suppress = flag(suppress)?;
    }
    if !nan.is_none() {
        options.nan = nan.as_str("nanstr")?.to_string();
    }
    if !infinity.is_none() {
        options.infinity = infinity.as_str("infstr")?.to_string();
    }
    options.formatters = match formatter {
        Value::None => Vec::new(),
        Value::Dict(entries) => entries
            .borrow()
            .iter()
            .map(|(key, function)| Ok((key.0.as_str("formatter")?.to_string(), function.clone())))
            .collect::<PyResult<Vec<_>>>()?,
        other => return Err(other.wrong_type("formatter", "a dict of functions")),
    };
    if !sign.is_none() {
        options.sign = match sign.as_str("sign")?.as_ref() {
            "-" => '-',
            "+" => '+',
            " " => ' ',
            _ => return Err(Exception::value_error("sign option must be one of ' ', '+', or '-'")),
        };
    }
    if !mode.is_none() {
        options.float_mode = match mode.as_str("floatmode")?.as_ref() {
            "fixed" => FloatMode::Fixed,
            "unique" => FloatMode::Unique,
            "maxprec" => FloatMode::MaxPrec,
            "maxprec_equal" => FloatMode::MaxPrecEqual,
            _ => {
                return Err(Exception::value_error(
                    "floatmode option must be one of ['fixed', 'unique', 'maxprec', \
                     'maxprec_equal']",
                ));
            }
        };
    }
    Ok(options)
}

/// `with np.printoptions(...)`
struct PrintOptions {
    inside: Options,
    outside: Options,
}

impl Object for PrintOptions {
    fn type_name(&self) -> String {
        "printoptions".to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        print::set_options(self.inside.clone());
        Some(Ok(Value::None))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        print::set_options(self.outside.clone());
        Ok(false)
    }
}

/// `with np.errstate(...)`
struct ErrorState;

impl Object for ErrorState {
    fn type_name(&self) -> String {
        "errstate".to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        Some(Ok(Value::None))
    }
}

/// The constants of the module.
pub(crate) fn constant(name: &str) -> Option<Value> {
    Some(match name {
        "pi" => Value::Float(std::f64::consts::PI),
        "e" => Value::Float(std::f64::consts::E),
        "inf" => Value::Float(f64::INFINITY),
        "nan" => Value::Float(f64::NAN),
        "euler_gamma" => Value::Float(0.577_215_664_901_532_9),
        "newaxis" => Value::None,
        "True_" => super::scalar::boolean(true),
        "False_" => super::scalar::boolean(false),
        "__version__" => Value::str("2.4.6"),
        "little_endian" => Value::Bool(true),
        _ => return None,
    })
}

pub(crate) const CONSTANTS: [&str; 9] =
    ["pi", "e", "inf", "nan", "euler_gamma", "newaxis", "True_", "False_", "__version__"];
