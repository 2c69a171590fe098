//! `time`: clocks, waiting, and dates as text.

use super::Module;
use super::math::real;
use crate::runtime::object::Items;
use crate::runtime::{Exception, Object, PyResult, Value};
use crate::runtime::{context, operators, sequence};
use chrono::{DateTime, Datelike, Local, NaiveDateTime, Offset, TimeZone, Timelike};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

thread_local! {
    static START: Instant = Instant::now();
}

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// Seconds of a clock that never goes back.
pub(super) fn ticks() -> f64 {
    START.with(|start| start.elapsed().as_secs_f64()) + 1000.0
}

fn nanoseconds(seconds: f64) -> Value {
    Value::Int((seconds * 1e9) as i64)
}

pub(super) fn module() -> Module {
    let offset = Local::now().offset().fix().local_minus_utc();
    Module::new("time", "Clocks, waiting, and dates as text.")
        .with("timezone", Value::Int(-i64::from(offset)))
        .function("time", "", "Seconds since 1970.", |_| Ok(Value::Float(now())))
        .function("time_ns", "", "Nanoseconds since 1970.", |_| Ok(nanoseconds(now())))
        .function("perf_counter", "", "Seconds of the finest clock.", |_| Ok(Value::Float(ticks())))
        .function("perf_counter_ns", "", "Nanoseconds of the finest clock.", |_| {
            Ok(nanoseconds(ticks()))
        })
        .function("monotonic", "", "Seconds of a clock that never goes back.", |_| {
            Ok(Value::Float(ticks()))
        })
        .function("process_time", "", "Seconds of processor time.", |_| {
            Ok(Value::Float(super::resource::processor_seconds().unwrap_or_else(ticks)))
        })
        .function("thread_time", "", "Seconds of processor time.", |_| {
            Ok(Value::Float(super::resource::processor_seconds().unwrap_or_else(ticks)))
        })
        .function("sleep", "secs, /", "Waits; can be interrupted.", |v| sleep(&v[0]))
        .function("localtime", "secs=None, /", "A moment in local time.", |v| {
            Ok(Value::object(StructTime(local(moment(&v[0])?))))
        })
        .function("gmtime", "secs=None, /", "A moment in universal time.", |v| {
            Ok(Value::object(StructTime(universal(moment(&v[0])?))))
        })
        .function("ctime", "secs=None, /", "A moment in local time as text.", |v| {
            Ok(Value::str(strftime("%a %b %e %H:%M:%S %Y", &local(moment(&v[0])?))?))
        })
        .function("asctime", "t=None, /", "A time as text.", |v| {
            Ok(Value::str(strftime("%a %b %e %H:%M:%S %Y", &broken_down(&v[0])?)?))
        })
        .function("strftime", "format, t=None, /", "A time in a format.", |v| {
            let pattern = v[0].as_str("strftime() argument 1")?;
            Ok(Value::str(strftime(&pattern, &broken_down(&v[1])?)?))
        })
        .function("mktime", "t, /", "Seconds since 1970 of a local time.", |v| {
            let time = broken_down(&v[0])?;
            match Local.from_local_datetime(&time).earliest() {
                Some(moment) => Ok(Value::Float(moment.timestamp() as f64)),
                None => Err(Exception::new("OverflowError", "mktime argument out of range")),
            }
        })
}

fn sleep(seconds: &Value) -> PyResult<Value> {
    let seconds = real(seconds)?;
    if seconds < 0.0 || seconds.is_nan() {
        return Err(Exception::value_error("sleep length must be non-negative"));
    }
    let Ok(length) = Duration::try_from_secs_f64(seconds) else {
        return Err(Exception::new(
            "OverflowError",
            "timestamp too large to convert to C _PyTime_t",
        ));
    };
    let start = Instant::now();
    const STEP: Duration = Duration::from_millis(10);
    loop {
        context::check_interrupt()?;
        let Some(left) = length.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else {
            return Ok(Value::None);
        };
        std::thread::sleep(left.min(STEP));
    }
}

fn moment(value: &Value) -> PyResult<f64> {
    if value.is_none() { Ok(now()) } else { real(value) }
}

fn universal(seconds: f64) -> NaiveDateTime {
    let whole = seconds.floor();
    let rest = ((seconds - whole) * 1e9) as u32;
    DateTime::from_timestamp(whole as i64, rest.min(999_999_999)).unwrap_or_default().naive_utc()
}

/// A moment in the local time zone.
pub(super) fn local(seconds: f64) -> NaiveDateTime {
    Local.from_utc_datetime(&universal(seconds)).naive_local()
}

fn broken_down(value: &Value) -> PyResult<NaiveDateTime> {
    if value.is_none() {
        return Ok(local(now()));
    }
    if let Some(time) = value.downcast::<StructTime>() {
        return Ok(time.0);
    }
    let wrong = || Exception::type_error("Tuple or struct_time argument required");
    let parts = sequence::tuple_items(value).ok_or_else(wrong)?;
    let part =
        |i: usize| parts.get(i).and_then(operators::as_index).and_then(|n| u32::try_from(n).ok());
    let year = parts.first().and_then(operators::as_index).and_then(|n| i32::try_from(n).ok());
    let (Some(year), Some(month), Some(day)) = (year, part(1), part(2)) else {
        return Err(wrong());
    };
    let clock = (part(3).unwrap_or(0), part(4).unwrap_or(0), part(5).unwrap_or(0));
    chrono::NaiveDate::from_ymd_opt(year, month, day)
        .and_then(|date| date.and_hms_opt(clock.0, clock.1, clock.2))
        .ok_or_else(|| Exception::value_error("month out of range"))
}

/// A time in a format.
pub(super) fn strftime(pattern: &str, time: &NaiveDateTime) -> PyResult<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(mut code) = chars.next() else {
            out.push('%');
            break;
        };
        let mut padding = true;
        if code == '-' {
            padding = false;
            code = chars.next().unwrap_or('-');
        }
        match code {
            'f' => out.push_str(&format!("{:06}", time.nanosecond() / 1000)),
            'z' | 'Z' => {}
            '%' => out.push('%'),
            _ if "aAbBcdHIjmMpSUwWxXyYeDFTRuVGhn".contains(code) => {
                let text = time.format(&format!("%{code}")).to_string();
                let shorter = text.trim_start_matches('0');
                let shorter = if shorter.is_empty() { "0" } else { shorter };
                out.push_str(if padding { &text } else { shorter });
            }
            other => {
                out.push('%');
                out.push(other);
            }
        }
    }
    Ok(out)
}

/// `time.struct_time`
struct StructTime(NaiveDateTime);

const FIELDS: [&str; 9] = [
    "tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst",
];

impl StructTime {
    fn numbers(&self) -> [i64; 9] {
        let t = &self.0;
        [
            i64::from(t.year()),
            i64::from(t.month()),
            i64::from(t.day()),
            i64::from(t.hour()),
            i64::from(t.minute()),
            i64::from(t.second()),
            i64::from(t.weekday().num_days_from_monday()),
            i64::from(t.ordinal()),
            0,
        ]
    }

    fn tuple(&self) -> Value {
        Value::tuple(self.numbers().into_iter().map(Value::Int).collect())
    }
}

impl Object for StructTime {
    fn type_name(&self) -> String {
        "time.struct_time".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let parts: Vec<String> =
            FIELDS.iter().zip(self.numbers()).map(|(name, n)| format!("{name}={n}")).collect();
        Ok(format!("time.struct_time({})", parts.join(", ")))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let place = FIELDS.iter().position(|field| *field == name);
        Ok(place.and_then(|i| self.numbers().get(i).copied()).map(Value::Int))
    }

    fn attribute_names(&self) -> Vec<String> {
        FIELDS.map(str::to_owned).to_vec()
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(9))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        crate::runtime::attributes::item(&self.tuple(), key)
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(crate::runtime::iterate::items(&self.tuple()))
    }
}
