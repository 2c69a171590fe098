//! What fills a part of the axes: areas below and between lines, shapes.

use super::data::{self, numbers, places, same_length};
use super::handles::add;
use super::lines::parse_format;
use super::options::Options;
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{Artist, Dash, Kind, Pen, Polygon};
use crate::show::figure::color::Color;

pub(super) const ROWS: &[Row] = &[
    row(
        "fill_between",
        "fill_between",
        "x, y1, y2=0, where=None, interpolate=False, step=None, **kwargs",
        "The area between two curves.",
        fill_between,
    ),
    row("fill", "fill", "*args, **kwargs", "A filled outline.", fill),
];

/// Inside and around a filled area, from the shared options.
pub(super) fn area_look(
    target: &Target,
    options: &mut Options,
) -> PyResult<(Color, Option<Pen>, Option<String>, Option<f64>)> {
    let color = options.color(&["color"])?;
    let face = options.color(&["facecolor", "facecolors", "fc"])?.or(color);
    let face = match face {
        Some(face) => face,
        None => target.with(|axes| Ok(axes.next_area_color()))?,
    };
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let edge = options.color(&["edgecolor", "edgecolors", "ec"])?;
    let width = options.float(&["linewidth", "linewidths", "lw"])?.unwrap_or(1.0);
    let dash = options.dash(&["linestyle", "ls"])?.unwrap_or(Dash::Solid);
    let label = options.text(&["label"])?;
    let order = options.float(&["zorder"])?;
    options.ignore(&["hatch", "transform"]);
    let pen = edge.map(|color| Pen { color: color.faded(alpha), width, dash });
    Ok((face.faded(alpha), pen, label, order))
}

fn fill_between(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("fill_between", &v[6])?;
    let x = places(target, true, &v[0], "x")?;
    let curve = |value: &Value, name: &str| -> PyResult<Vec<f64>> {
        let list = numbers(value, name)?;
        Ok(if list.len() == 1 { vec![list[0]; x.len()] } else { list })
    };
    let (low, high) = (curve(&v[1], "y1")?, curve(&v[2], "y2")?);
    same_length(&x, &low)?;
    same_length(&x, &high)?;
    let shown: Vec<bool> = if v[3].is_none() {
        vec![true; x.len()]
    } else {
        numbers(&v[3], "where")?.into_iter().map(|w| w != 0.0).collect()
    };
    let (fill, edge, label, order) = area_look(target, &mut options)?;
    options.finish()?;
    let mut handle = Value::None;
    let mut start = 0;
    let mut label = label;
    while start < x.len() {
        let usable = |i: usize| {
            shown.get(i).copied().unwrap_or(false) && low[i].is_finite() && high[i].is_finite()
        };
        if !usable(start) {
            start += 1;
            continue;
        }
        let end = (start..x.len()).find(|i| !usable(*i)).unwrap_or(x.len());
        let mut points: Vec<(f64, f64)> = (start..end).map(|i| (x[i], low[i])).collect();
        points.extend((start..end).rev().map(|i| (x[i], high[i])));
        let polygon = Polygon { points, fill, edge: edge.clone(), counts: true };
        let mut artist = Artist::new(Kind::Polygon(polygon)).named(label.take());
        artist.order = order.unwrap_or(artist.order);
        handle = add(target, artist)?;
        start = end;
    }
    Ok(handle)
}

fn fill(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("fill", &v[1])?;
    let arguments = data::items(&v[0])?;
    let [x, y, rest @ ..] = &arguments[..] else {
        return Err(Exception::type_error("fill() needs x and y"));
    };
    let (x, y) = (numbers(x, "x")?, numbers(y, "y")?);
    same_length(&x, &y)?;
    let (mut fill, edge, label, order) = area_look(target, &mut options)?;
    if let Some(Value::Str(text)) = rest.first() {
        fill = parse_format(text)?.color.map_or(fill, |c| c.faded(fill.alpha));
    }
    options.finish()?;
    let points = x.into_iter().zip(y).collect();
    let mut artist =
        Artist::new(Kind::Polygon(Polygon { points, fill, edge, counts: true })).named(label);
    artist.order = order.unwrap_or(artist.order);
    Ok(Value::list(vec![add(target, artist)?]))
}
