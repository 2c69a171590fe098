//! Lines through points: plain, in steps, on logarithmic axes, with stems.

use super::data::{self, numbers, places, same_length};
use super::handles::add;
use super::options::{self, Options};
use super::state::{self, Target};
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{Artist, Dash, Kind, Line, Marker, Pen, Segments, Step};
use crate::show::figure::axes::Scale;
use crate::show::figure::color::Color;

pub(super) const ROWS: &[Row] = &[
    row(
        "plot",
        "plot",
        "*args, scalex=True, scaley=True, data=None, **kwargs",
        "Lines and markers through points: `plot(y)`, `plot(x, y, 'ro-')`.",
        plot,
    ),
    row("step", "step", "x, y, *args, where='pre', **kwargs", "A line in steps.", step),
    row("semilogx", "semilogx", "*args, **kwargs", "`plot` with a logarithmic x axis.", semilogx),
    row("semilogy", "semilogy", "*args, **kwargs", "`plot` with a logarithmic y axis.", semilogy),
    row("loglog", "loglog", "*args, **kwargs", "`plot` with logarithmic axes.", loglog),
    row(
        "stem",
        "stem",
        "*args, linefmt=None, markerfmt=None, basefmt=None, bottom=0, label=None",
        "Points on stems.",
        stem,
    ),
];

/// What a format string such as `ro--` says.
#[derive(Default)]
pub(super) struct Format {
    pub(super) color: Option<Color>,
    pub(super) marker: Option<Marker>,
    pub(super) dash: Option<Dash>,
}

pub(super) fn parse_format(text: &str) -> PyResult<Format> {
    let mut format = Format::default();
    // `0.5` would be a gray level, but `1` to `4` are markers.
    if let Some(color) = Color::parse(text).filter(|_| text.parse::<f64>().is_err()) {
        return Ok(Format { color: Some(color), ..format });
    }
    let mut rest = text;
    while !rest.is_empty() {
        let dash = ["--", "-.", "-", ":"].into_iter().find(|d| rest.starts_with(d));
        if let Some(dash) = dash {
            format.dash = Dash::parse(dash);
            rest = &rest[dash.len()..];
            continue;
        }
        let mut letters = rest.chars();
        let letter = letters.next().unwrap_or(' ');
        let after = letters.as_str();
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if letter == 'C' && digits > 0 {
            format.color = Color::parse(&rest[..1 + digits]);
            rest = &after[digits..];
        } else if Marker::ALL.contains(letter) {
            format.marker = Some(Marker(letter));
            rest = after;
        } else if let Some(color) = Color::parse(&letter.to_string()) {
            format.color = Some(color);
            rest = after;
        } else {
            return Err(Exception::value_error(format!(
                "'{text}' is not a valid format string (unrecognized character '{letter}')"
            ))
            .with_expected("[marker][line][color], such as 'o-', 'r--', 'go:'"));
        }
    }
    if format.dash.is_none() && format.marker.is_some() {
        format.dash = Some(Dash::None);
    }
    Ok(format)
}

/// How `plot` and its relatives look: from the format string and the keyword arguments.
pub(super) struct Look {
    pub(super) color: Option<Color>,
    pub(super) width: f64,
    pub(super) dash: Dash,
    pub(super) marker: Option<Marker>,
    pub(super) marker_size: f64,
    pub(super) face: Option<Color>,
    pub(super) edge: Option<Color>,
    pub(super) every: usize,
    pub(super) alpha: f64,
    pub(super) labels: Vec<String>,
    pub(super) order: Option<f64>,
    pub(super) step: Option<Step>,
}

pub(super) fn look(options: &mut Options, format: &Format) -> PyResult<Look> {
    let marker = match options.take(&["marker"]) {
        Some(value) => options::marker(&value)?,
        None => format.marker,
    };
    let step = options.text(&["drawstyle", "ds"])?.and_then(|word| match &*word {
        "steps" | "steps-pre" => Some(Step::Pre),
        "steps-post" => Some(Step::Post),
        "steps-mid" => Some(Step::Mid),
        _ => None,
    });
    let labels = match options.take(&["label"]) {
        Some(value) => match data::names(&value) {
            Some(names) => names,
            None => vec![options::label(&value)?],
        },
        None => Vec::new(),
    };
    let every = match options.take(&["markevery"]) {
        Some(Value::Int(n)) => n.max(1) as usize,
        _ => 1,
    };
    options.ignore(&[
        "markeredgewidth",
        "mew",
        "solid_capstyle",
        "solid_joinstyle",
        "dash_capstyle",
        "fillstyle",
        "transform",
    ]);
    Ok(Look {
        color: options.color(&["color", "c"])?.or(format.color),
        width: options.float(&["linewidth", "lw"])?.unwrap_or_else(state::line_width),
        dash: options.dash(&["linestyle", "ls"])?.or(format.dash).unwrap_or(Dash::Solid),
        marker,
        marker_size: options.float(&["markersize", "ms"])?.unwrap_or_else(state::marker_size),
        face: options.color(&["markerfacecolor", "mfc"])?,
        edge: options.color(&["markeredgecolor", "mec"])?,
        every,
        alpha: options.float(&["alpha"])?.unwrap_or(1.0),
        labels,
        order: options.float(&["zorder"])?,
        step,
    })
}

impl Look {
    pub(super) fn line(&self, x: Vec<f64>, y: Vec<f64>, color: Color) -> Line {
        let color = color.faded(self.alpha);
        let marker_color = |own: Option<Color>| own.map_or(color, |c| c.faded(self.alpha));
        Line {
            x,
            y,
            pen: Pen { color, width: self.width, dash: self.dash },
            marker: self.marker,
            marker_size: self.marker_size,
            marker_face: marker_color(self.face),
            marker_edge: marker_color(self.edge),
            mark_every: self.every,
            step: self.step,
        }
    }
}

fn plot(target: &Target, values: Vec<Value>) -> PyResult<Value> {
    if !values[3].is_none() {
        return Err(Exception::not_supported(
            "plot(..., data=...) is not in kerai",
            "pass the columns themselves: plot(table['x'], table['y'])",
        ));
    }
    draw_plot(target, &values[0], Options::new("plot", &values[4])?)
}

fn draw_plot(target: &Target, arguments: &Value, mut options: Options) -> PyResult<Value> {
    let arguments = data::items(arguments)?;
    let mut handles = Vec::new();
    let mut rest = &arguments[..];
    let mut groups: Vec<(Option<&Value>, &Value, Format)> = Vec::new();
    while !rest.is_empty() {
        let is_format = |v: Option<&Value>| matches!(v, Some(Value::Str(_)));
        let count = if rest.len() >= 2 && !is_format(rest.get(1)) { 2 } else { 1 };
        if is_format(rest.first()) {
            return Err(Exception::type_error(
                "plot() got a format string where data was expected",
            )
            .with_hint("plot(x, y, 'ro-'): the format comes after the data"));
        }
        let format = match rest.get(count) {
            Some(Value::Str(text)) => parse_format(text)?,
            _ => Format::default(),
        };
        let used = count + usize::from(is_format(rest.get(count)));
        groups.push(if count == 2 {
            (Some(&rest[0]), &rest[1], format)
        } else {
            (None, &rest[0], format)
        });
        rest = &rest[used..];
    }
    let mut looks = Vec::new();
    for (_, _, format) in &groups {
        // Options hold for every group; they are taken once.
        if looks.is_empty() {
            looks.push(look(&mut options, format)?);
        } else {
            let first: &Look = &looks[0];
            let own = Look {
                color: format.color.or(first.color.filter(|_| groups[0].2.color.is_none())),
                dash: format.dash.unwrap_or(if groups[0].2.dash.is_some() {
                    Dash::Solid
                } else {
                    first.dash
                }),
                marker: format.marker.or(first.marker.filter(|_| groups[0].2.marker.is_none())),
                labels: first.labels.clone(),
                ..*first
            };
            looks.push(own);
        }
    }
    options.finish()?;
    for ((x, y, _), look) in groups.iter().zip(looks) {
        for (i, (x, y)) in series(target, *x, y)?.into_iter().enumerate() {
            let color = match look.color {
                Some(color) => color,
                None => target.with(|axes| Ok(axes.next_color()))?,
            };
            let label = look.labels.get(i).or(look.labels.first()).cloned();
            let mut artist = Artist::new(Kind::Line(look.line(x, y, color))).named(label);
            artist.order = look.order.unwrap_or(artist.order);
            handles.push(add(target, artist)?);
        }
    }
    Ok(Value::list(handles))
}

/// The columns of what `plot` was given: one line for each.
fn series(target: &Target, x: Option<&Value>, y: &Value) -> PyResult<Vec<(Vec<f64>, Vec<f64>)>> {
    let shape = if data::names(y).is_some() { vec![0] } else { data::shape(y)? };
    if let [rows, columns] = shape[..] {
        let all = numbers(y, "y")?;
        let xs = match x {
            Some(x) => numbers(x, "x")?,
            None => (0..rows).map(|i| i as f64).collect(),
        };
        return (0..columns)
            .map(|c| {
                let column: Vec<f64> = (0..rows).map(|r| all[r * columns + c]).collect();
                // x may have columns of its own.
                let own: Vec<f64> = if xs.len() == rows * columns && columns > 1 {
                    (0..rows).map(|r| xs[r * columns + c]).collect()
                } else {
                    xs.clone()
                };
                same_length(&own, &column)?;
                Ok((own, column))
            })
            .collect();
    }
    let ys = places(target, false, y, "y")?;
    let xs = match x {
        Some(x) => places(target, true, x, "x")?,
        None => (0..ys.len()).map(|i| i as f64).collect(),
    };
    same_length(&xs, &ys)?;
    Ok(vec![(xs, ys)])
}

fn step(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let place = v[3].as_str("where")?;
    let style = match &*place {
        "pre" => "steps-pre",
        "post" => "steps-post",
        "mid" => "steps-mid",
        other => return Err(options::choice("where", other, "'pre', 'post', 'mid'")),
    };
    let mut arguments = vec![v[0].clone(), v[1].clone()];
    arguments.extend(data::items(&v[2])?);
    let extra = with_entry(&v[4], "drawstyle", Value::str(style));
    draw_plot(target, &Value::list(arguments), Options::new("step", &extra)?)
}

/// A copy of a dict of keyword arguments with one more.
fn with_entry(extra: &Value, name: &str, value: Value) -> Value {
    let mut entries = match extra {
        Value::Dict(entries) => entries.borrow().clone(),
        _ => Default::default(),
    };
    entries.insert(crate::runtime::Key(Value::str(name)), value);
    Value::Dict(std::rc::Rc::new(std::cell::RefCell::new(entries)))
}

fn plot_log(target: &Target, v: &[Value], name: &str, x: bool, y: bool) -> PyResult<Value> {
    let mut options = Options::new(name, &v[1])?;
    options.ignore(&["base", "nonpositive", "subs"]);
    let lines = draw_plot(target, &v[0], options)?;
    target.with(|axes| {
        if x {
            axes.x.scale = Scale::Log;
        }
        if y {
            axes.y.scale = Scale::Log;
        }
        Ok(())
    })?;
    Ok(lines)
}

fn semilogx(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    plot_log(target, &v, "semilogx", true, false)
}

fn semilogy(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    plot_log(target, &v, "semilogy", false, true)
}

fn loglog(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    plot_log(target, &v, "loglog", true, true)
}

fn stem(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let arguments = data::items(&v[0])?;
    let (x, y) = match &arguments[..] {
        [y] => {
            let y = numbers(y, "y")?;
            ((0..y.len()).map(|i| i as f64).collect(), y)
        }
        [x, y, ..] => (numbers(x, "x")?, numbers(y, "y")?),
        [] => return Err(Exception::type_error("stem expected at least 1 argument, got 0")),
    };
    same_length(&x, &y)?;
    let bottom = v[4].as_float("bottom")?;
    let format = |value: &Value| match value {
        Value::Str(text) => parse_format(text),
        _ => Ok(Format::default()),
    };
    let (stems, heads) = (format(&v[1])?, format(&v[2])?);
    let color = stems.color.unwrap_or(Color::cycle(0));
    let pen = |color: Color, dash: Dash| Pen { color, width: 1.5, dash };
    let pieces = x.iter().zip(&y).map(|(x, y)| [(*x, bottom), (*x, *y)]).collect();
    let head = heads.color.unwrap_or(color);
    let base = vec![
        x.iter().copied().fold(f64::INFINITY, f64::min),
        x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    ];
    let line = Line {
        x,
        y,
        pen: pen(head, Dash::None),
        marker: heads.marker.or(Some(Marker('o'))),
        marker_size: 6.0,
        marker_face: head,
        marker_edge: head,
        mark_every: 1,
        step: None,
    };
    let floor = Line {
        x: base,
        y: vec![bottom; 2],
        pen: pen(Color::cycle(3), Dash::Solid),
        marker: None,
        ..line.clone()
    };
    let dash = stems.dash.unwrap_or(Dash::Solid);
    let segments = Segments { pieces, pen: pen(color, dash), caps: 0.0, line: Some(line) };
    let label = if v[5].is_none() { None } else { Some(options::label(&v[5])?) };
    let handle = add(target, Artist::new(Kind::Segments(segments)).named(label))?;
    add(target, Artist::new(Kind::Line(floor)))?;
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_strings_are_read_as_matplotlib_reads_them() {
        for (text, color, marker, dash) in [
            ("ro-", Some("red"), Some('o'), Some(Dash::Solid)),
            ("b--", Some("blue"), None, Some(Dash::Dashed)),
            ("k.", Some("black"), Some('.'), Some(Dash::None)),
            ("C3:", Some("C3"), None, Some(Dash::Dotted)),
            ("green", Some("green"), None, None),
            ("x", None, Some('x'), Some(Dash::None)),
            ("-.", None, None, Some(Dash::DashDot)),
        ] {
            let format = parse_format(text).unwrap();
            assert_eq!(format.color, color.and_then(Color::parse), "{text}");
            assert_eq!(format.marker, marker.map(Marker), "{text}");
            assert_eq!(format.dash, dash, "{text}");
        }
        assert!(parse_format("rq").is_err());
    }
}
