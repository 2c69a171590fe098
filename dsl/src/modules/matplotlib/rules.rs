//! Straight lines and bands: across the axes, and between two ends.

use super::areas::area_look;
use super::data::numbers;
use super::handles::add;
use super::lines::{Format, look};
use super::options::{self, Options};
use super::state::{self, Target};
use super::table::{Row, row};
use crate::runtime::{PyResult, Value};
use crate::show::figure::artist::{Artist, Dash, Kind, Pen, Rule, Segments};
use crate::show::figure::color::Color;

pub(super) const ROWS: &[Row] = &[
    row(
        "axhline",
        "axhline",
        "y=0, xmin=0, xmax=1, **kwargs",
        "A level line across the axes.",
        axhline,
    ),
    row(
        "axvline",
        "axvline",
        "x=0, ymin=0, ymax=1, **kwargs",
        "An upright line across the axes.",
        axvline,
    ),
    row(
        "axhspan",
        "axhspan",
        "ymin, ymax, xmin=0, xmax=1, **kwargs",
        "A level band across the axes.",
        axhspan,
    ),
    row(
        "axvspan",
        "axvspan",
        "xmin, xmax, ymin=0, ymax=1, **kwargs",
        "An upright band across the axes.",
        axvspan,
    ),
    row(
        "hlines",
        "hlines",
        "y, xmin, xmax, colors=None, linestyles='solid', label='', **kwargs",
        "Level lines.",
        hlines,
    ),
    row(
        "vlines",
        "vlines",
        "x, ymin, ymax, colors=None, linestyles='solid', label='', **kwargs",
        "Upright lines.",
        vlines,
    ),
];

fn rule(target: &Target, v: &[Value], name: &str, upright: bool, band: bool) -> PyResult<Value> {
    let offset = usize::from(band);
    let mut options = Options::new(name, &v[3 + offset])?;
    let from = v[0].as_float(name)?;
    let to = if band { v[1].as_float(name)? } else { from };
    let reach = (v[1 + offset].as_float("min")?, v[2 + offset].as_float("max")?);
    let (pen, fill, label, order);
    if band {
        let (face, _, l, o) = area_look(target, &mut options)?;
        (pen, fill, label, order) =
            (Pen { color: face, width: 0.0, dash: Dash::None }, Some(face), l, o);
    } else {
        let look = look(&mut options, &Format::default())?;
        let color = look.color.unwrap_or(Color::cycle(0)).faded(look.alpha);
        pen = Pen { color, width: look.width, dash: look.dash };
        (fill, label, order) = (None, look.labels.first().cloned(), look.order);
    }
    options.finish()?;
    let mut artist =
        Artist::new(Kind::Rule(Rule { upright, from, to, reach, pen, fill })).named(label);
    artist.order = order.unwrap_or(artist.order);
    add(target, artist)
}

fn axhline(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axhline", false, false)
}

fn axvline(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axvline", true, false)
}

fn axhspan(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axhspan", false, true)
}

fn axvspan(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axvspan", true, true)
}

fn straight(target: &Target, v: &[Value], name: &str, upright: bool) -> PyResult<Value> {
    let mut options = Options::new(name, &v[6])?;
    let at = numbers(&v[0], "place")?;
    let (low, high) = (numbers(&v[1], "min")?, numbers(&v[2], "max")?);
    let pick = |list: &[f64], i: usize| {
        list.get(if list.len() == 1 { 0 } else { i }).copied().unwrap_or(f64::NAN)
    };
    let color = match (&v[3], options.color(&["color"])?) {
        (Value::None, own) => own.unwrap_or(Color::cycle(0)),
        (value, _) => options::colors(value)?.first().copied().unwrap_or(Color::cycle(0)),
    };
    let dash = match options.dash(&["linestyle", "ls"])? {
        Some(dash) => dash,
        None => options::dash(&v[4])?,
    };
    let width =
        options.float(&["linewidth", "linewidths", "lw"])?.unwrap_or_else(state::line_width);
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    options.ignore(&["zorder"]);
    options.finish()?;
    let pieces = at
        .iter()
        .enumerate()
        .map(|(i, &at)| {
            let (a, b) = (pick(&low, i), pick(&high, i));
            if upright { [(at, a), (at, b)] } else { [(a, at), (b, at)] }
        })
        .collect();
    let pen = Pen { color: color.faded(alpha), width, dash };
    let label = options::label(&v[5])?;
    let label = (!label.is_empty()).then_some(label);
    add(
        target,
        Artist::new(Kind::Segments(Segments { pieces, pen, caps: 0.0, line: None })).named(label),
    )
}

fn hlines(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    straight(target, &v, "hlines", false)
}

fn vlines(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    straight(target, &v, "vlines", true)
}
