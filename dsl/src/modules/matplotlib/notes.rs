//! Words and arrows at places of the data.

use super::data::{self, numbers};
use super::handles::add;
use super::options::{self, Options};
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, Object, PyResult, Value};
use crate::show::figure::artist::{Arrow, Artist, Dash, Frame, Kind, Note, Pen};
use crate::show::figure::color::Color;

pub(super) const ROWS: &[Row] = &[
    row("text", "text", "x, y, s, fontdict=None, **kwargs", "Words at a place.", text),
    row(
        "annotate",
        "annotate",
        "text, xy, xytext=None, xycoords='data', textcoords=None, arrowprops=None, annotation_clip=None, **kwargs",
        "Words with an arrow to a place.",
        annotate,
    ),
    row("arrow", "arrow", "x, y, dx, dy, **kwargs", "An arrow.", arrow),
];

/// Words with their look, shared by `text` and `annotate`.
fn note(text: String, at: (f64, f64), options: &mut Options, fontdict: &Value) -> PyResult<Note> {
    let look = options::words(options, fontdict)?;
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let frame = match options.take(&["bbox"]) {
        Some(value @ Value::Dict(_)) => {
            let mut own = Options::new("bbox", &value)?;
            let alpha = own.float(&["alpha"])?.unwrap_or(1.0);
            let fill = own.color(&["facecolor", "fc", "color"])?.unwrap_or(Color::cycle(0));
            let edge = own.color(&["edgecolor", "ec"])?.unwrap_or(Color::BLACK);
            let pad = own.float(&["pad"])?.unwrap_or(0.35);
            own.ignore(&["boxstyle", "linewidth", "lw"]);
            own.finish()?;
            let pad = if pad > 1.0 { pad / 10.0 } else { pad };
            Some(Frame { fill: fill.faded(alpha), edge: edge.faded(alpha), pad })
        }
        _ => options.color(&["backgroundcolor"])?.map(|fill| Frame { fill, edge: fill, pad: 0.2 }),
    };
    let in_axes = options
        .take(&["transform"])
        .is_some_and(|t| t.downcast::<Transform>().is_some_and(|t| t.0));
    options.ignore(&["zorder", "clip_on", "label"]);
    Ok(Note {
        text,
        at,
        in_axes,
        size: look.size.unwrap_or(10.0),
        color: look.color.unwrap_or(Color::BLACK).faded(alpha),
        bold: look.bold,
        across: look.across.unwrap_or(-1),
        upright: look.upright.unwrap_or(2),
        angle: look.rotation.unwrap_or(0.0),
        frame,
        arrow: None,
        shift: (0.0, 0.0),
    })
}

/// `ax.transAxes` (true) and `ax.transData`.
pub(super) struct Transform(pub(super) bool);

impl Object for Transform {
    fn type_name(&self) -> String {
        "Transform".to_owned()
    }
}

fn text(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("text", &v[4])?;
    let at = place(target, &v[0], &v[1])?;
    let note = note(options::label(&v[2])?, at, &mut options, &v[3])?;
    options.finish()?;
    add(target, Artist::new(Kind::Note(note)))
}

/// A place in data; names are places of a categorical axis.
fn place(target: &Target, x: &Value, y: &Value) -> PyResult<(f64, f64)> {
    let one = |list: Vec<f64>| list.first().copied().unwrap_or(f64::NAN);
    Ok((one(data::places(target, true, x, "x")?), one(data::places(target, false, y, "y")?)))
}

fn pair(target: &Target, value: &Value, name: &str) -> PyResult<(f64, f64)> {
    match data::items(value)?.as_slice() {
        [x, y] => place(target, x, y),
        _ => Err(Exception::value_error(format!("{name} must be (x, y)"))),
    }
}

fn annotate(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("annotate", &v[7])?;
    let to = pair(target, &v[1], "xy")?;
    let coordinates = |value: &Value| match value {
        Value::Str(word) => word.to_string(),
        _ => String::new(),
    };
    let (from, to_where) = (coordinates(&v[4]), coordinates(&v[3]));
    let offset = from.contains("offset");
    let at = match &v[2] {
        Value::None => to,
        _ if offset => to,
        value => pair(target, value, "xytext")?,
    };
    let mut one = note(options::label(&v[0])?, at, &mut options, &Value::None)?;
    options.finish()?;
    if offset
        && !v[2].is_none()
        && let [dx, dy] = numbers(&v[2], "xytext")?[..]
    {
        one.shift = (dx, dy);
    }
    let words_where = if from.is_empty() || offset { &to_where } else { &from };
    one.in_axes |= words_where.contains("axes fraction");
    if let Value::Dict(_) = &v[5] {
        let mut own = Options::new("arrowprops", &v[5])?;
        let style = own.text(&["arrowstyle"])?;
        let color =
            own.color(&["color", "ec", "edgecolor", "fc", "facecolor"])?.unwrap_or(Color::BLACK);
        let width = own.float(&["linewidth", "lw"])?;
        let wide = own.float(&["width"])?;
        own.ignore(&[
            "connectionstyle",
            "shrink",
            "headwidth",
            "headlength",
            "shrinkA",
            "shrinkB",
            "mutation_scale",
            "alpha",
            "linestyle",
            "ls",
            "relpos",
            "patchA",
            "patchB",
        ]);
        own.finish()?;
        let head = style.as_deref().is_none_or(|s| s.contains(['>', 'f', 's', 'w']));
        let width =
            width.or(wide.map(|w| w.max(1.0))).unwrap_or(if style.is_none() { 4.0 } else { 1.0 });
        one.arrow = Some(Arrow { to, pen: Pen { color, width, dash: Dash::Solid }, head });
    }
    add(target, Artist::new(Kind::Note(one)))
}

fn arrow(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("arrow", &v[4])?;
    let color =
        options.color(&["color", "fc", "facecolor", "ec", "edgecolor"])?.unwrap_or(Color::BLACK);
    let width = options.float(&["linewidth", "lw"])?.unwrap_or(1.0);
    options.ignore(&[
        "head_width",
        "head_length",
        "width",
        "length_includes_head",
        "alpha",
        "zorder",
        "shape",
        "overhang",
    ]);
    options.finish()?;
    let from = place(target, &v[0], &v[1])?;
    let to = (from.0 + v[2].as_float("dx")?, from.1 + v[3].as_float("dy")?);
    let pen = Pen { color, width, dash: Dash::Solid };
    let note = Note {
        text: String::new(),
        at: from,
        in_axes: false,
        size: 1.0,
        color,
        bold: false,
        across: 0,
        upright: 0,
        angle: 0.0,
        frame: None,
        arrow: Some(Arrow { to, pen, head: true }),
        shift: (0.0, 0.0),
    };
    add(target, Artist::new(Kind::Note(note)))
}
