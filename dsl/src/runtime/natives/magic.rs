//! `%time`, `%timeit`, `name?`, `!pip install`.

use super::super::interpreter::globals;
use super::super::{Exception, PyResult, Value, context, interpreter};
use super::{native, simple, text};
use rhai::{Dynamic, Engine};
use std::time::{Duration, Instant};

pub(super) fn register(engine: &mut Engine) {
    simple(engine, "_nothing_to_install", 0, |_| {
        context::text("Nothing needs to be installed: what kerai has is in the program itself.\n");
        Ok(Value::None)
    });
    native(engine, "_help", 2, |_, a| {
        let detail = a[1].as_int().unwrap_or(0);
        crate::inspect::question(&globals(), &text(a[0])?, u8::from(detail > 0));
        Ok(Dynamic::UNIT)
    });
    native(engine, "_time", 1, |_, a| time(&text(a[0])?).map(Dynamic::from));
    native(engine, "_timeit", 1, |_, a| {
        time_repeatedly("<timeit>", &text(a[0])?)?;
        Ok(Dynamic::UNIT)
    });
}

fn time(statement: &str) -> PyResult<Value> {
    let program = interpreter::compile("<time>", statement)?;
    let start = Instant::now();
    let result = interpreter::run(&program)?;
    context::text(&format!("Wall time: {}\n", shown(start.elapsed())));
    Ok(result)
}

pub(crate) fn time_repeatedly(name: &str, statement: &str) -> PyResult<()> {
    if statement.starts_with('-') {
        return Err(Exception::not_supported("%timeit takes no options in kerai", "%timeit f(x)"));
    }
    let program = interpreter::compile(name, statement)?;
    let run = |times: u32| -> PyResult<Duration> {
        let start = Instant::now();
        for _ in 0..times {
            interpreter::run(&program)?;
        }
        Ok(start.elapsed())
    };
    // As many loops as take a fifth of a second, then seven such runs.
    let mut loops = 1_u32;
    while run(loops)? < Duration::from_millis(200) && loops < 10_000_000 {
        loops *= 10;
    }
    let mut runs = Vec::new();
    for _ in 0..7 {
        runs.push(run(loops)?.as_secs_f64() / f64::from(loops));
    }
    let mean = runs.iter().sum::<f64>() / runs.len() as f64;
    let variance = runs.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / runs.len() as f64;
    let plural = if loops == 1 { "" } else { "s" };
    context::text(&format!(
        "{} ± {} per loop (mean ± std. dev. of 7 runs, {loops} loop{plural} each)\n",
        shown(Duration::from_secs_f64(mean)),
        shown(Duration::from_secs_f64(variance.sqrt())),
    ));
    Ok(())
}

fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if s >= 1e-6 => (s * 1e6, "µs"),
        s => (s * 1e9, "ns"),
    };
    format!("{value:.3} {unit}")
}
