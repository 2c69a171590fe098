//! Bars, what is written on them, and bars of errors.

use super::data::{self, numbers, places, same_length};
use super::handles::add;
use super::lines::{Format, look, parse_format};
use super::options::{self, Options};
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{Artist, Bars, Dash, Kind, Pen, Segments};
use crate::show::figure::axes::Scale;
use crate::show::figure::color::Color;

pub(super) const ROWS: &[Row] = &[
    row(
        "bar",
        "bar",
        "x, height, width=0.8, bottom=None, *, align='center', **kwargs",
        "Upright bars.",
        bar,
    ),
    row(
        "barh",
        "barh",
        "y, width, height=0.8, left=None, *, align='center', **kwargs",
        "Level bars.",
        barh,
    ),
    row(
        "bar_label",
        "bar_label",
        "container, labels=None, *, fmt='%g', label_type='edge', padding=0, **kwargs",
        "Writes the heights at bars.",
        bar_label,
    ),
    row(
        "errorbar",
        "errorbar",
        "x, y, yerr=None, xerr=None, fmt='', **kwargs",
        "Points with error bars.",
        errorbar,
    ),
];

/// Bars in one direction; `upright` bars stand on the x axis.
fn bars(target: &Target, v: &[Value], upright: bool) -> PyResult<Value> {
    let name = if upright { "bar" } else { "barh" };
    let mut options = Options::new(name, &v[5])?;
    let at = places(target, upright, &v[0], if upright { "x" } else { "y" })?;
    let lengths = numbers(&v[1], if upright { "height" } else { "width" })?;
    let widths = numbers(&v[2], if upright { "width" } else { "height" })?;
    let starts = if v[3].is_none() {
        vec![0.0]
    } else {
        numbers(&v[3], if upright { "bottom" } else { "left" })?
    };
    let count = at.len().max(lengths.len());
    let pick = |list: &[f64], i: usize| {
        let index = if list.len() == 1 { 0 } else { i };
        list.get(index).copied()
    };
    let align = v[4].as_str("align")?;
    let mut rects = Vec::with_capacity(count);
    let mut tips = Vec::with_capacity(count);
    for i in 0..count {
        let (Some(at), Some(length), Some(width), Some(start)) =
            (pick(&at, i), pick(&lengths, i), pick(&widths, i), pick(&starts, i))
        else {
            return Err(Exception::value_error(
                "shape mismatch: objects cannot be broadcast to a single shape",
            )
            .with_received(format!(
                "{} places and {} lengths",
                at.len(),
                lengths.len()
            )));
        };
        let left = if &*align == "edge" { at } else { at - width / 2.0 };
        let (low, high) = (start, start + length);
        rects.push(if upright {
            [left, low, left + width, high]
        } else {
            [low, left, high, left + width]
        });
        tips.push((left + width / 2.0, high));
    }
    let fill = match options.take(&["color", "facecolor", "fc"]) {
        Some(value) => options::colors(&value)?,
        None => vec![target.with(|axes| Ok(axes.next_area_color()))?],
    };
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let edge = options.color(&["edgecolor", "ec"])?;
    let edge_width = options.float(&["linewidth", "lw"])?.unwrap_or(1.0);
    let names = options.take(&["tick_label"]);
    let label = options.take(&["label"]);
    let error = options.take(if upright { &["yerr"] } else { &["xerr"] });
    let error_color = options.color(&["ecolor"])?.unwrap_or(Color::BLACK);
    let caps = options.float(&["capsize"])?.unwrap_or(0.0);
    let order = options.float(&["zorder"])?;
    if options.flag(&["log"])?.unwrap_or(false) {
        target.with(|axes| {
            if upright {
                axes.y.scale = Scale::Log;
            } else {
                axes.x.scale = Scale::Log;
            }
            Ok(())
        })?;
    }
    options.ignore(&["hatch", "error_kw", "linestyle", "ls"]);
    options.finish()?;
    if let Some(names) = names.as_ref().and_then(data::names) {
        target.with(|axes| {
            let axis = if upright { &mut axes.x } else { &mut axes.y };
            axis.ticks = Some(at.clone());
            axis.tick_labels = Some(names);
            Ok(())
        })?;
    }
    let bars = Bars {
        rects,
        fill: fill.into_iter().map(|c| c.faded(alpha)).collect(),
        edge: edge.map(|c| c.faded(alpha)),
        edge_width,
        foot: Some(usize::from(upright)),
    };
    let label = label.map(|l| options::label(&l)).transpose()?;
    let mut artist = Artist::new(Kind::Bars(bars)).named(label);
    artist.order = order.unwrap_or(artist.order);
    let handle = add(target, artist)?;
    if let Some(error) = error {
        let spread = spread(&error, count)?;
        let pieces = tips
            .iter()
            .zip(spread)
            .map(|(&(at, tip), (below, above))| {
                let (low, high) = (tip - below, tip + above);
                if upright { [(at, low), (at, high)] } else { [(low, at), (high, at)] }
            })
            .collect();
        let pen = Pen { color: error_color, width: 1.5, dash: Dash::Solid };
        add(target, Artist::new(Kind::Segments(Segments { pieces, pen, caps, line: None })))?;
    }
    Ok(handle)
}

fn bar(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    bars(target, &v, true)
}

fn barh(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    bars(target, &v, false)
}

/// Below and above each point: from one number, one for each, or two rows.
fn spread(value: &Value, count: usize) -> PyResult<Vec<(f64, f64)>> {
    let shape = data::shape(value)?;
    let all = numbers(value, "error")?;
    let at = |i: usize| all.get(if all.len() == 1 { 0 } else { i }).copied().unwrap_or(0.0);
    Ok((0..count)
        .map(|i| if matches!(shape[..], [2, _]) { (at(i), at(count + i)) } else { (at(i), at(i)) })
        .collect())
}

fn bar_label(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    use super::handles::ArtistObject;
    use crate::show::figure::artist::Note;
    let Some(container) = v[0].downcast::<ArtistObject>() else {
        return Err(v[0].wrong_type("container", "what bar() returned"));
    };
    let mut options = Options::new("bar_label", &v[5])?;
    let words = options::words(&mut options, &Value::None)?;
    options.finish()?;
    let given = if v[1].is_none() { None } else { Some(data::items(&v[1])?) };
    let format = v[2].as_str("fmt")?;
    let inside = &*v[3].as_str("label_type")? == "center";
    let padding = v[4].as_float("padding")?;
    let bars = target.with(|axes| match axes.artists.get(container.index).map(|a| &a.kind) {
        Some(Kind::Bars(bars)) => Ok(bars.clone()),
        _ => Err(Exception::type_error("container must be what bar() returned")),
    })?;
    let upright = bars.foot == Some(1);
    let mut written = Vec::new();
    for (i, [x0, y0, x1, y1]) in bars.rects.into_iter().enumerate() {
        let length = if upright { y1 - y0 } else { x1 - x0 };
        let text = match &given {
            Some(labels) => labels.get(i).map(options::label).transpose()?.unwrap_or_default(),
            None => with_format(&format, length),
        };
        let at = match (inside, upright) {
            (true, _) => ((x0 + x1) / 2.0, (y0 + y1) / 2.0),
            (false, true) => ((x0 + x1) / 2.0, y1),
            (false, false) => (x1, (y0 + y1) / 2.0),
        };
        let note = Note {
            text,
            at,
            in_axes: false,
            size: words.size.unwrap_or(10.0),
            color: words.color.unwrap_or(Color::BLACK),
            bold: words.bold,
            across: if upright || inside { 0 } else { -1 },
            upright: if upright && !inside { -1 } else { 0 },
            angle: words.rotation.unwrap_or(0.0),
            frame: None,
            arrow: None,
            shift: if upright { (0.0, padding) } else { (padding, 0.0) },
        };
        written.push(add(target, Artist::new(Kind::Note(note)))?);
    }
    Ok(Value::list(written))
}

/// `%g`, `%.2f`, `%d`, `{:.1f}`: the formats that labels of numbers use.
pub(super) fn with_format(format: &str, value: f64) -> String {
    let (before, spec, after) = if let Some((before, rest)) = format.split_once('{') {
        let (spec, after) = rest.split_once('}').unwrap_or((rest, ""));
        (before, spec.trim_start_matches(':'), after)
    } else if let Some((before, rest)) = format.split_once('%') {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |i| i + 1);
        (before, &rest[..end], &rest[end..])
    } else {
        return format.to_owned();
    };
    let digits = spec
        .split_once('.')
        .and_then(|(_, d)| d.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().ok());
    let text = match (spec.chars().last(), digits) {
        (Some('d' | 'i'), _) => format!("{value:.0}"),
        (Some('%'), digits) => format!("{:.*}%", digits.unwrap_or(6), value * 100.0),
        (Some('f'), digits) => format!("{value:.*}", digits.unwrap_or(6)),
        (Some('e'), digits) => format!("{value:.*e}", digits.unwrap_or(6)),
        (_, digits) => {
            // As %g: six significant digits, no trailing zeros.
            let significant = digits.unwrap_or(6).max(1) as i32;
            let order = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
            let decimals = (significant - 1 - order).clamp(0, 17) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
    };
    format!("{before}{text}{}", after.replace("%%", "%"))
}

fn errorbar(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("errorbar", &v[5])?;
    let x = places(target, true, &v[0], "x")?;
    let y = numbers(&v[1], "y")?;
    same_length(&x, &y)?;
    let error_color = options.color(&["ecolor"])?;
    let caps = options.float(&["capsize"])?.unwrap_or(0.0);
    let width = options.float(&["elinewidth"])?;
    options.ignore(&["capthick", "barsabove", "errorevery"]);
    let format = v[4].as_str("fmt")?;
    let format = if &*format == "none" {
        Format { dash: Some(Dash::None), ..Format::default() }
    } else {
        parse_format(&format)?
    };
    let look = look(&mut options, &format)?;
    options.finish()?;
    let color = match look.color {
        Some(color) => color,
        None => target.with(|axes| Ok(axes.next_color()))?,
    };
    let mut pieces = Vec::new();
    if !v[2].is_none() {
        for (i, (below, above)) in spread(&v[2], x.len())?.into_iter().enumerate() {
            pieces.push([(x[i], y[i] - below), (x[i], y[i] + above)]);
        }
    }
    if !v[3].is_none() {
        for (i, (below, above)) in spread(&v[3], x.len())?.into_iter().enumerate() {
            pieces.push([(x[i] - below, y[i]), (x[i] + above, y[i])]);
        }
    }
    let pen = Pen {
        color: error_color.unwrap_or(color).faded(look.alpha),
        width: width.unwrap_or(look.width),
        dash: Dash::Solid,
    };
    let line = Some(look.line(x, y, color));
    let segments = Segments { pieces, pen, caps, line };
    add(target, Artist::new(Kind::Segments(segments)).named(look.labels.first().cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_as_c_formats_them() {
        for (format, value, text) in
            [("%g", 3.0, "3"), ("%.2f", 1.0, "1.00"), ("{:.1f}%", 12.34, "12.3%"), ("%d", 7.0, "7")]
        {
            assert_eq!(with_format(format, value), text);
        }
    }
}
