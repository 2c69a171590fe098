//! `datetime`: dates, times and the spans between them.

use super::Module;
use super::math::real;
use super::time::{local, now, strftime};
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{
    Arguments, BinaryOp, CompareOp, Exception, Native, Object, PyResult, UnaryOp, Value,
};
use crate::runtime::{attributes, operators};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

pub(super) fn module() -> Module {
    Module::new("datetime", "Dates, times and the spans between them.")
        .with("date", class::intern(DATE))
        .with("datetime", class::intern(MOMENT))
        .with("time", class::intern(CLOCK))
        .with("timedelta", class::intern(SPAN))
        .with("MINYEAR", Value::Int(1))
        .with("MAXYEAR", Value::Int(9999))
}

/// A date, a moment or a time of day.
#[derive(Clone, Copy)]
enum When {
    Date(NaiveDate),
    Moment(NaiveDateTime),
    Clock(NaiveTime),
}

/// `datetime.timedelta`
struct Span(TimeDelta);

const DATE: NativeClass = NativeClass {
    signature: "year, month, day",
    doc: "A date.",
    member: |name| class_member(name, false),
    methods: METHODS,
    ..NativeClass::new("date", "datetime", make_date, |v| {
        v.downcast::<When>().is_some_and(|w| !matches!(*w, When::Clock(_)))
    })
};

const MOMENT: NativeClass = NativeClass {
    signature: "year, month, day, hour=0, minute=0, second=0, microsecond=0",
    doc: "A date with a time.",
    bases: &["datetime.date"],
    member: |name| class_member(name, true),
    methods: METHODS,
    ..NativeClass::new("datetime", "datetime", make_moment, |v| {
        v.downcast::<When>().is_some_and(|w| matches!(*w, When::Moment(_)))
    })
};

const CLOCK: NativeClass = NativeClass {
    signature: "hour=0, minute=0, second=0, microsecond=0",
    doc: "A time of day.",
    methods: &["isoformat", "replace", "strftime"],
    ..NativeClass::new("time", "datetime", make_clock, |v| {
        v.downcast::<When>().is_some_and(|w| matches!(*w, When::Clock(_)))
    })
};

const SPAN: NativeClass = NativeClass {
    signature: "days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0",
    doc: "The time between two moments.",
    methods: &["total_seconds"],
    ..NativeClass::new("timedelta", "datetime", make_span, |v| v.downcast::<Span>().is_some())
};

const METHODS: &[&str] = &[
    "combine",
    "ctime",
    "date",
    "isocalendar",
    "isoformat",
    "isoweekday",
    "replace",
    "strftime",
    "time",
    "timestamp",
    "timetuple",
    "toordinal",
    "weekday",
];

fn number(value: &Value) -> PyResult<u32> {
    Ok(u32::try_from(args::index(value)?).unwrap_or(u32::MAX))
}

fn date_of(year: &Value, month: &Value, day: &Value) -> PyResult<NaiveDate> {
    let year = args::index(year)?;
    if !(1..=9999).contains(&year) {
        return Err(Exception::value_error(format!("year {year} is out of range")));
    }
    let (month, day) = (number(month)?, number(day)?);
    if !(1..=12).contains(&month) {
        return Err(Exception::value_error("month must be in 1..12"));
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or(1), month, day)
        .ok_or_else(|| Exception::value_error("day is out of range for month"))
}

fn clock_of(values: &[Value]) -> PyResult<NaiveTime> {
    let [hour, minute, second, micro] = values else { return Ok(NaiveTime::MIN) };
    let checked = |value: &Value, limit: u32, name: &str| {
        let number = number(value)?;
        if number >= limit {
            return Err(Exception::value_error(format!("{name} must be in 0..{}", limit - 1)));
        }
        Ok(number)
    };
    let (hour, minute) = (checked(hour, 24, "hour")?, checked(minute, 60, "minute")?);
    let (second, micro) =
        (checked(second, 60, "second")?, checked(micro, 1_000_000, "microsecond")?);
    Ok(NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap_or_default())
}

fn make_date(arguments: Arguments) -> PyResult<Value> {
    let v = args::bind("date", "year, month, day", arguments)?;
    Ok(Value::object(When::Date(date_of(&v[0], &v[1], &v[2])?)))
}

fn make_moment(arguments: Arguments) -> PyResult<Value> {
    const SIGNATURE: &str =
        "year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None";
    let v = args::bind("datetime", SIGNATURE, arguments)?;
    refuse_zone(&v[7])?;
    Ok(Value::object(When::Moment(date_of(&v[0], &v[1], &v[2])?.and_time(clock_of(&v[3..7])?))))
}

fn make_clock(arguments: Arguments) -> PyResult<Value> {
    let v = args::bind("time", "hour=0, minute=0, second=0, microsecond=0", arguments)?;
    Ok(Value::object(When::Clock(clock_of(&v)?)))
}

fn refuse_zone(zone: &Value) -> PyResult<()> {
    if zone.is_none() {
        return Ok(());
    }
    Err(Exception::not_supported("time zones are not in kerai", "leave tzinfo out: local time"))
}

fn make_span(arguments: Arguments) -> PyResult<Value> {
    let v = args::bind("timedelta", SPAN.signature, arguments)?;
    let units = [86_400e6, 1e6, 1.0, 1e3, 60e6, 3_600e6, 604_800e6];
    let (mut whole, mut rest) = (0_i128, 0.0);
    for (value, unit) in v.iter().zip(units) {
        match operators::as_index(value) {
            Some(count) => whole += i128::from(count) * (unit as i128),
            None => rest += real(value)? * unit,
        }
    }
    let micros = whole + (rest.round_ties_even() as i128);
    span(micros)
}

fn span(micros: i128) -> PyResult<Value> {
    let days = micros.div_euclid(86_400_000_000);
    if days.abs() > 999_999_999 {
        return Err(Exception::new(
            "OverflowError",
            format!("days={days}; must have magnitude <= 999999999"),
        ));
    }
    let seconds = i64::try_from(micros.div_euclid(1_000_000)).unwrap_or(0);
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0) * 1000;
    Ok(Value::object(Span(TimeDelta::new(seconds, nanos).unwrap_or_default())))
}

fn micros(delta: &TimeDelta) -> i128 {
    i128::from(delta.num_seconds()) * 1_000_000 + i128::from(delta.subsec_nanos() / 1000)
}

fn class_member(name: &str, with_time: bool) -> Option<Value> {
    let wrap = move |moment: NaiveDateTime| {
        Value::object(if with_time { When::Moment(moment) } else { When::Date(moment.date()) })
    };
    Some(match name {
        "now" | "today" if with_time || name == "today" => {
            Native::value(name_of(name), "tz=None", "Now.", move |v| {
                refuse_zone(&v[0])?;
                Ok(wrap(local(now())))
            })
        }
        "utcnow" if with_time => Native::value("utcnow", "", "Now in universal time.", move |_| {
            let moment = chrono::DateTime::from_timestamp_micros((now() * 1e6) as i64);
            Ok(wrap(moment.unwrap_or_default().naive_utc()))
        }),
        "fromtimestamp" => {
            Native::value("fromtimestamp", "timestamp, /", "Of seconds since 1970.", move |v| {
                Ok(wrap(local(real(&v[0])?)))
            })
        }
        "fromisoformat" => Native::value("fromisoformat", "text, /", "Of YYYY-MM-DD.", move |v| {
            let text = v[0].as_str("argument")?;
            let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").map(NaiveDateTime::from);
            let moment = [
                "%Y-%m-%dT%H:%M:%S%.f",
                "%Y-%m-%d %H:%M:%S%.f",
                "%Y-%m-%dT%H:%M",
                "%Y-%m-%d %H:%M",
            ]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
            day.ok().or(moment.filter(|_| with_time)).map(wrap).ok_or_else(|| {
                Exception::value_error(format!(
                    "Invalid isoformat string: {}",
                    crate::runtime::format::quote(&text)
                ))
            })
        }),
        "strptime" if with_time => Native::value(
            "strptime",
            "date_string, format, /",
            "Of a text in a format.",
            move |v| {
                let (text, form) = (v[0].as_str("date_string")?, v[1].as_str("format")?);
                let moment = NaiveDateTime::parse_from_str(&text, &form)
                    .or_else(|_| NaiveDate::parse_from_str(&text, &form).map(NaiveDateTime::from));
                moment.map(wrap).map_err(|_| {
                    let quote = crate::runtime::format::quote;
                    Exception::value_error(format!(
                        "time data {} does not match format {}",
                        quote(&text),
                        quote(&form)
                    ))
                })
            },
        ),
        "combine" if with_time => Native::value(
            "combine",
            "date, time, /",
            "A date with a time of day.",
            move |v| match (v[0].downcast::<When>().as_deref(), v[1].downcast::<When>().as_deref())
            {
                (Some(When::Date(date)), Some(When::Clock(time))) => Ok(wrap(date.and_time(*time))),
                _ => Err(Exception::type_error("combine() takes a date and a time")),
            },
        ),
        _ => return None,
    })
}

fn name_of(name: &str) -> &'static str {
    if name == "now" { "now" } else { "today" }
}

impl When {
    fn date(&self) -> Option<NaiveDate> {
        match self {
            When::Date(date) => Some(*date),
            When::Moment(moment) => Some(moment.date()),
            When::Clock(_) => None,
        }
    }

    fn time(&self) -> Option<NaiveTime> {
        match self {
            When::Date(_) => None,
            When::Moment(moment) => Some(moment.time()),
            When::Clock(time) => Some(*time),
        }
    }

    /// As a moment, for formats.
    fn moment(&self) -> NaiveDateTime {
        match self {
            When::Date(date) => (*date).into(),
            When::Moment(moment) => *moment,
            When::Clock(time) => {
                NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default().and_time(*time)
            }
        }
    }

    fn iso(&self, separator: &str) -> String {
        let clock = |time: NaiveTime| {
            let micro = time.nanosecond() / 1000;
            let rest = if micro == 0 { String::new() } else { format!(".{micro:06}") };
            format!("{:02}:{:02}:{:02}{rest}", time.hour(), time.minute(), time.second())
        };
        let date = self.date().map(|d| format!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day()));
        match (date, self.time().map(clock)) {
            (Some(date), Some(time)) => format!("{date}{separator}{time}"),
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => String::new(),
        }
    }

    fn field(&self, name: &str) -> Option<i64> {
        let date = |pick: fn(&NaiveDate) -> i64| self.date().map(|d| pick(&d));
        let time = |pick: fn(&NaiveTime) -> u32| self.time().map(|t| i64::from(pick(&t)));
        match name {
            "year" => date(|d| i64::from(d.year())),
            "month" => date(|d| i64::from(d.month())),
            "day" => date(|d| i64::from(d.day())),
            "hour" => time(|t| t.hour()),
            "minute" => time(|t| t.minute()),
            "second" => time(|t| t.second()),
            "microsecond" => time(|t| t.nanosecond() / 1000),
            _ => None,
        }
    }

    fn fields(&self) -> &'static [&'static str] {
        const ALL: &[&str] = &["year", "month", "day", "hour", "minute", "second", "microsecond"];
        match self {
            When::Date(_) => &ALL[..3],
            When::Moment(_) => ALL,
            When::Clock(_) => &ALL[3..],
        }
    }

    fn method(&self, name: &str, arguments: Arguments) -> PyResult<Value> {
        let date = self.date().unwrap_or_default();
        let count = |n: u32| Value::Int(i64::from(n));
        Ok(match name {
            "isoformat" => {
                let v = args::bind(name, "sep='T', timespec='auto'", arguments)?;
                Value::str(self.iso(&v[0].as_str("sep")?))
            }
            "strftime" => {
                let pattern = args::one("strftime", arguments)?.as_str("format")?;
                Value::str(strftime(&pattern, &self.moment())?)
            }
            "ctime" => Value::str(strftime("%a %b %e %H:%M:%S %Y", &self.moment())?),
            "weekday" => count(date.weekday().num_days_from_monday()),
            "isoweekday" => count(date.weekday().number_from_monday()),
            "isocalendar" => {
                let week = date.iso_week();
                let parts = [
                    i64::from(week.year()),
                    i64::from(week.week()),
                    i64::from(date.weekday().number_from_monday()),
                ];
                Value::tuple(parts.into_iter().map(Value::Int).collect())
            }
            "toordinal" => Value::Int(i64::from(date.num_days_from_ce())),
            "date" => Value::object(When::Date(date)),
            "time" => Value::object(When::Clock(self.time().unwrap_or_default())),
            "timestamp" => {
                let moment = self.moment();
                let zone = chrono::Local;
                let found = chrono::TimeZone::from_local_datetime(&zone, &moment).earliest();
                let micros = found.map_or(0, |m| m.timestamp_micros());
                Value::Float(micros as f64 / 1e6)
            }
            "timetuple" => {
                let module = super::import("time")?;
                let seconds = self.method("timestamp", Arguments::default())?;
                return attributes::call_method(
                    &module,
                    "localtime",
                    Arguments::positional([seconds]),
                );
            }
            _ => {
                let mut given = Arguments::default();
                for field in self.fields() {
                    given = given.with(field, Value::Int(self.field(field).unwrap_or(0)));
                }
                for (i, value) in arguments.positional.into_iter().enumerate() {
                    if let Some(slot) = given.keywords.get_mut(i) {
                        slot.1 = value;
                    }
                }
                for (name, value) in arguments.keywords {
                    match given.keywords.iter_mut().find(|(known, _)| *known == name) {
                        Some(slot) => slot.1 = value,
                        None => {
                            return Err(Exception::type_error(format!(
                                "'{name}' is an invalid keyword argument for replace()"
                            )));
                        }
                    }
                }
                return attributes::call(&self.kind(), given);
            }
        })
    }

    fn kind(&self) -> Value {
        class::intern(match self {
            When::Date(_) => DATE,
            When::Moment(_) => MOMENT,
            When::Clock(_) => CLOCK,
        })
    }

    fn shifted(&self, delta: TimeDelta) -> PyResult<Value> {
        let out_of_range = || Exception::new("OverflowError", "date value out of range");
        Ok(Value::object(match self {
            When::Date(date) => {
                let days = TimeDelta::days(micros(&delta).div_euclid(86_400_000_000) as i64);
                When::Date(date.checked_add_signed(days).ok_or_else(out_of_range)?)
            }
            When::Moment(moment) => {
                When::Moment(moment.checked_add_signed(delta).ok_or_else(out_of_range)?)
            }
            When::Clock(time) => When::Clock(*time),
        }))
    }
}

impl Object for When {
    fn type_name(&self) -> String {
        match self {
            When::Date(_) => "datetime.date",
            When::Moment(_) => "datetime.datetime",
            When::Clock(_) => "datetime.time",
        }
        .to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(self.kind())
    }

    fn repr(&self) -> PyResult<String> {
        let mut parts: Vec<i64> =
            self.fields().iter().map(|name| self.field(name).unwrap_or(0)).collect();
        if let When::Moment(_) | When::Clock(_) = self {
            // Seconds and microseconds are left out when they are zero.
            for _ in 0..2 {
                if parts.last() == Some(&0) {
                    parts.pop();
                }
            }
        }
        let texts: Vec<String> = parts.iter().map(i64::to_string).collect();
        Ok(format!("{}({})", self.type_name(), texts.join(", ")))
    }

    fn to_str(&self) -> PyResult<String> {
        Ok(self.iso(" "))
    }

    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        if spec.is_empty() { Ok(None) } else { strftime(spec, &self.moment()).map(Some) }
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(field) = self.field(name) {
            return Ok(Some(Value::Int(field)));
        }
        let known = match self {
            When::Clock(_) => CLOCK.methods.contains(&name),
            When::Date(_) => {
                METHODS.contains(&name) && !matches!(name, "date" | "time" | "timestamp")
            }
            When::Moment(_) => METHODS.contains(&name),
        };
        Ok(known.then(|| attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        self.fields().iter().chain(METHODS).map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        METHODS.contains(&name).then(|| self.method(name, arguments))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        if let Some(span) = other.downcast::<Span>() {
            return match op {
                BinaryOp::Add => Some(self.shifted(span.0)),
                BinaryOp::Sub if !reflected => Some(self.shifted(-span.0)),
                _ => None,
            };
        }
        let other = other.downcast::<When>()?;
        let (a, b) = if reflected { (&*other, self) } else { (self, &*other) };
        match (op, a, b) {
            (BinaryOp::Sub, When::Date(a), When::Date(b)) => {
                Some(Ok(Value::object(Span(a.signed_duration_since(*b)))))
            }
            (BinaryOp::Sub, When::Moment(a), When::Moment(b)) => {
                Some(Ok(Value::object(Span(a.signed_duration_since(*b)))))
            }
            _ => None,
        }
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<When>()?;
        let order = match (self, &*other) {
            (When::Date(a), When::Date(b)) => a.cmp(b),
            (When::Moment(a), When::Moment(b)) => a.cmp(b),
            (When::Clock(a), When::Clock(b)) => a.cmp(b),
            _ => return None,
        };
        Some(Ok(Value::Bool(operators::holds(op, order))))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        crate::runtime::hash::hash(&Value::str(self.repr()?)).map(|h| Some(h.cast_unsigned()))
    }
}

impl Span {
    fn days(&self) -> i128 {
        micros(&self.0).div_euclid(86_400_000_000)
    }

    fn rest(&self) -> i128 {
        micros(&self.0).rem_euclid(86_400_000_000)
    }
}

impl Object for Span {
    fn type_name(&self) -> String {
        "datetime.timedelta".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(SPAN))
    }

    fn repr(&self) -> PyResult<String> {
        let parts = [
            ("days", self.days()),
            ("seconds", self.rest() / 1_000_000),
            ("microseconds", self.rest() % 1_000_000),
        ];
        let texts: Vec<String> =
            parts.iter().filter(|(_, n)| *n != 0).map(|(name, n)| format!("{name}={n}")).collect();
        let text = if texts.is_empty() { "0".to_owned() } else { texts.join(", ") };
        Ok(format!("datetime.timedelta({text})"))
    }

    fn to_str(&self) -> PyResult<String> {
        let (days, rest) = (self.days(), self.rest());
        let seconds = rest / 1_000_000;
        let micro = rest % 1_000_000;
        let mut text = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if micro != 0 {
            text.push_str(&format!(".{micro:06}"));
        }
        if days != 0 {
            let plural = if days.abs() == 1 { "" } else { "s" };
            text = format!("{days} day{plural}, {text}");
        }
        Ok(text)
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(micros(&self.0) != 0)
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let int = |n: i128| Some(Value::Int(i64::try_from(n).unwrap_or(0)));
        Ok(match name {
            "days" => int(self.days()),
            "seconds" => int(self.rest() / 1_000_000),
            "microseconds" => int(self.rest() % 1_000_000),
            "total_seconds" => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["days", "microseconds", "seconds", "total_seconds"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        (name == "total_seconds").then(|| {
            args::none(name, arguments)?;
            Ok(Value::Float(micros(&self.0) as f64 / 1e6))
        })
    }

    fn unary(&self, _this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        let own = micros(&self.0);
        match op {
            UnaryOp::Neg => Some(span(-own)),
            UnaryOp::Pos => Some(span(own)),
            UnaryOp::Abs => Some(span(own.abs())),
            UnaryOp::Invert => None,
        }
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        let own = micros(&self.0);
        if let Some(other) = other.downcast::<Span>() {
            let other = micros(&other.0);
            let (a, b) = if reflected { (other, own) } else { (own, other) };
            let zero = || Exception::new("ZeroDivisionError", "division by zero");
            return Some(match op {
                BinaryOp::Add => span(a + b),
                BinaryOp::Sub => span(a - b),
                BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod if b == 0 => Err(zero()),
                BinaryOp::Div => Ok(Value::Float(a as f64 / b as f64)),
                BinaryOp::FloorDiv => Ok(Value::Int(i64::try_from(a.div_euclid(b)).unwrap_or(0))),
                BinaryOp::Mod => span(a.rem_euclid(b)),
                _ => return None,
            });
        }
        let factor = match other {
            Value::Int(n) => *n as f64,
            Value::Float(x) => *x,
            _ => return None,
        };
        match op {
            BinaryOp::Mul => Some(span((own as f64 * factor).round_ties_even() as i128)),
            BinaryOp::Div | BinaryOp::FloorDiv if factor == 0.0 => {
                Some(Err(Exception::new("ZeroDivisionError", "integer division or modulo by zero")))
            }
            BinaryOp::Div if !reflected => {
                Some(span((own as f64 / factor).round_ties_even() as i128))
            }
            BinaryOp::FloorDiv if !reflected => Some(span((own as f64 / factor).floor() as i128)),
            _ => None,
        }
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<Span>()?;
        Some(Ok(Value::Bool(operators::holds(op, self.0.cmp(&other.0)))))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(micros(&self.0) as u64))
    }
}
