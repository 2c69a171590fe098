//! What drawing functions return: handles of artists that are in axes already.

use super::data;
use super::options::{self, Options};
use super::state::Target;
use crate::runtime::object::Items;
use crate::runtime::{Exception, Native, Object, PyResult, Value, format};
use crate::show::figure::artist::{Artist, Kind};

/// An artist in axes.
pub(super) struct ArtistObject {
    pub(super) target: Target,
    pub(super) index: usize,
    class: &'static str,
}

/// Adds an artist and gives its handle.
pub(super) fn add(target: &Target, artist: Artist) -> PyResult<Value> {
    let class = class_of(&artist.kind);
    let index = target.with(|axes| Ok(axes.add(artist)))?;
    Ok(Value::object(ArtistObject { target: target.clone(), index, class }))
}

fn class_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Line(_) | Kind::Rule(_) => "Line2D",
        Kind::Scatter(_) => "PathCollection",
        Kind::Bars(_) => "BarContainer",
        Kind::Polygon(_) => "Polygon",
        Kind::Segments(_) => "LineCollection",
        Kind::Image(_) => "AxesImage",
        Kind::Mesh(_) => "QuadMesh",
        Kind::Contour(_) => "QuadContourSet",
        Kind::Note(_) => "Text",
    }
}

const METHODS: [&str; 17] = [
    "set_label",
    "get_label",
    "set_color",
    "set_alpha",
    "set_linewidth",
    "set_linestyle",
    "set_data",
    "set_xdata",
    "set_ydata",
    "get_xdata",
    "get_ydata",
    "set_visible",
    "set_zorder",
    "set_text",
    "set_clim",
    "set_cmap",
    "remove",
];

impl ArtistObject {
    fn change(&self, work: impl FnOnce(&mut Artist) -> PyResult<Value>) -> PyResult<Value> {
        self.target.with(|axes| match axes.artists.get_mut(self.index) {
            Some(artist) => work(artist),
            None => Err(Exception::value_error("this artist was cleared from its axes")),
        })
    }

    fn method(&self, name: &str, mut values: Vec<Value>) -> PyResult<Value> {
        let first = if values.is_empty() { Value::None } else { values.remove(0) };
        let second = values.into_iter().next().unwrap_or(Value::None);
        self.change(|artist| {
            match name {
                "set_label" => artist.label = Some(options::label(&first)?),
                "get_label" => return Ok(artist.label.as_ref().map_or(Value::None, Value::str)),
                "set_visible" => artist.visible = options::is_true(&first),
                "remove" => artist.visible = false,
                "set_zorder" => artist.order = first.as_float("zorder")?,
                "set_color" => recolor(artist, options::color(&first)?),
                "set_alpha" => fade(artist, first.as_float("alpha")?),
                "set_linewidth" => match &mut artist.kind {
                    Kind::Line(line) => line.pen.width = first.as_float("linewidth")?,
                    Kind::Rule(rule) => rule.pen.width = first.as_float("linewidth")?,
                    _ => return Err(no_method(artist, name)),
                },
                "set_linestyle" => match &mut artist.kind {
                    Kind::Line(line) => line.pen.dash = options::dash(&first)?,
                    Kind::Rule(rule) => rule.pen.dash = options::dash(&first)?,
                    _ => return Err(no_method(artist, name)),
                },
                "set_text" => match &mut artist.kind {
                    Kind::Note(note) => note.text = options::label(&first)?,
                    _ => return Err(no_method(artist, name)),
                },
                "set_data" | "set_xdata" | "set_ydata" => {
                    return set_data(artist, name, &first, &second);
                }
                "get_xdata" | "get_ydata" => match &artist.kind {
                    Kind::Line(line) => {
                        let of = if name == "get_xdata" { &line.x } else { &line.y };
                        return Ok(data::vector(of.clone()));
                    }
                    _ => return Err(no_method(artist, name)),
                },
                "set_clim" | "set_cmap" => return set_mapping(artist, name, &first, &second),
                _ => return Err(no_method(artist, name)),
            }
            Ok(Value::None)
        })
    }
}

fn no_method(artist: &Artist, name: &str) -> Box<Exception> {
    Exception::attribute_error(format!(
        "'{}' object has no attribute '{name}'",
        class_of(&artist.kind)
    ))
}

fn recolor(artist: &mut Artist, color: crate::show::figure::color::Color) {
    match &mut artist.kind {
        Kind::Line(line) => {
            line.pen.color = color;
            line.marker_face = color;
            line.marker_edge = color;
        }
        Kind::Rule(rule) => {
            rule.pen.color = color;
            rule.fill = rule.fill.map(|_| color);
        }
        Kind::Scatter(scatter) => scatter.colors = vec![color],
        Kind::Bars(bars) => bars.fill = vec![color],
        Kind::Polygon(polygon) => polygon.fill = color,
        Kind::Segments(segments) => segments.pen.color = color,
        Kind::Note(note) => note.color = color,
        Kind::Image(_) | Kind::Mesh(_) | Kind::Contour(_) => {}
    }
}

fn fade(artist: &mut Artist, alpha: f64) {
    match &mut artist.kind {
        Kind::Line(line) => {
            line.pen.color.alpha = alpha;
            line.marker_face.alpha = alpha;
            line.marker_edge.alpha = alpha;
        }
        Kind::Scatter(scatter) => scatter.colors.iter_mut().for_each(|c| c.alpha = alpha),
        Kind::Bars(bars) => bars.fill.iter_mut().for_each(|c| c.alpha = alpha),
        Kind::Polygon(polygon) => polygon.fill.alpha = alpha,
        Kind::Image(image) => image.alpha = alpha,
        Kind::Mesh(mesh) => mesh.alpha = alpha,
        Kind::Contour(contour) => contour.alpha = alpha,
        Kind::Segments(segments) => segments.pen.color.alpha = alpha,
        Kind::Rule(rule) => {
            rule.pen.color.alpha = alpha;
            rule.fill = rule.fill.map(|c| crate::show::figure::color::Color { alpha, ..c });
        }
        Kind::Note(note) => note.color.alpha = alpha,
    }
}

fn set_data(artist: &mut Artist, name: &str, first: &Value, second: &Value) -> PyResult<Value> {
    match &mut artist.kind {
        Kind::Line(line) => {
            let (x, y) = match name {
                "set_xdata" => (data::numbers(first, "x")?, line.y.clone()),
                "set_ydata" => (line.x.clone(), data::numbers(first, "y")?),
                _ => (data::numbers(first, "x")?, data::numbers(second, "y")?),
            };
            data::same_length(&x, &y)?;
            (line.x, line.y) = (x, y);
            Ok(Value::None)
        }
        Kind::Image(image) => {
            let (rows, columns, cells) = super::grids::cells(first, &mut image_mapping(image))?;
            (image.rows, image.columns, image.cells) = (rows, columns, cells);
            Ok(Value::None)
        }
        _ => Err(no_method(artist, name)),
    }
}

fn image_mapping(image: &crate::show::figure::artist::Image) -> super::grids::MappingChoice {
    use crate::show::figure::artist::Cells;
    match &image.cells {
        Cells::Mapped { mapping, .. } => super::grids::MappingChoice {
            map: mapping.map.clone(),
            min: Some(mapping.min),
            max: Some(mapping.max),
            log: mapping.log,
        },
        Cells::Colors(_) => super::grids::MappingChoice::default(),
    }
}

fn set_mapping(artist: &mut Artist, name: &str, first: &Value, second: &Value) -> PyResult<Value> {
    use crate::show::figure::artist::Cells;
    let mapping = match &mut artist.kind {
        Kind::Image(image) => match &mut image.cells {
            Cells::Mapped { mapping, .. } => Some(mapping),
            Cells::Colors(_) => None,
        },
        Kind::Mesh(mesh) => Some(&mut mesh.mapping),
        Kind::Contour(contour) => Some(&mut contour.mapping),
        _ => None,
    };
    let Some(mapping) = mapping else { return Err(no_method(artist, name)) };
    if name == "set_cmap" {
        mapping.map = options::color_map(first)?;
    } else {
        if !first.is_none() {
            mapping.min = first.as_float("vmin")?;
        }
        if !second.is_none() {
            mapping.max = second.as_float("vmax")?;
        }
    }
    Ok(Value::None)
}

impl Object for ArtistObject {
    fn type_name(&self) -> String {
        self.class.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let module = match self.class {
            "Line2D" => "lines",
            "BarContainer" => "container",
            "Polygon" => "patches",
            "AxesImage" => "image",
            "QuadContourSet" => "contour",
            "Text" => "text",
            _ => "collections",
        };
        let text = self.target.with(|axes| {
            Ok(match axes.artists.get(self.index).map(|a| &a.kind) {
                Some(Kind::Note(note)) if !note.text.is_empty() => {
                    Some((note.at, note.text.clone()))
                }
                _ => None,
            })
        });
        if let Ok(Some(((x, y), words))) = text {
            return Ok(format!("Text({x}, {y}, {})", format::quote(&words)));
        }
        if self.class == "Text" {
            return Ok("<matplotlib.patches.FancyArrow object>".to_owned());
        }
        if self.class == "BarContainer" {
            let n = self.length().transpose()?.unwrap_or(0);
            return Ok(format!("<BarContainer object of {n} artists>"));
        }
        Ok(format!("<matplotlib.{module}.{} object>", self.class))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "axes" {
            return Ok(Some(Value::object(super::axes::AxesObject(self.target.clone()))));
        }
        let Some(known) = METHODS.iter().find(|m| **m == name) else { return Ok(None) };
        let this = this.clone();
        Ok(Some(Native::value(known, "*args", "", move |values| {
            let arguments = data::items(&values[0])?;
            match this.downcast::<ArtistObject>() {
                Some(artist) => artist.method(known, arguments),
                None => Ok(Value::None),
            }
        })))
    }

    fn attribute_names(&self) -> Vec<String> {
        METHODS.iter().map(|m| (*m).to_owned()).chain(["axes".to_owned()]).collect()
    }

    fn length(&self) -> Option<PyResult<usize>> {
        let found = self.target.with(|axes| {
            Ok(match axes.artists.get(self.index).map(|a| &a.kind) {
                Some(Kind::Bars(bars)) => Some(bars.rects.len()),
                _ => None,
            })
        });
        found.transpose()
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(true)
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        let wanted = key.as_int("index")?;
        let length = self.length().transpose()?.unwrap_or(0) as i64;
        let index = if wanted < 0 { wanted + length } else { wanted };
        if !(0..length).contains(&index) {
            return Err(Exception::index_error("tuple index out of range"));
        }
        Ok(Value::object(BarObject {
            target: self.target.clone(),
            artist: self.index,
            bar: index as usize,
        }))
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let length = match self.length()? {
            Ok(length) => length,
            Err(error) => return Some(Err(error)),
        };
        let this = this.clone();
        let mut next = 0;
        Some(Ok(Box::new(move || {
            if next >= length {
                return Ok(None);
            }
            next += 1;
            match &this {
                Value::Object(object) => object.item(&this, &Value::Int(next as i64 - 1)).map(Some),
                _ => Ok(None),
            }
        })))
    }
}

/// One bar of several.
struct BarObject {
    target: Target,
    artist: usize,
    bar: usize,
}

impl BarObject {
    fn rect(&self) -> PyResult<[f64; 4]> {
        self.target.with(|axes| match axes.artists.get(self.artist).map(|a| &a.kind) {
            Some(Kind::Bars(bars)) => Ok(bars.rects.get(self.bar).copied().unwrap_or_default()),
            _ => Ok([0.0; 4]),
        })
    }
}

impl Object for BarObject {
    fn type_name(&self) -> String {
        "Rectangle".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let [x0, y0, x1, y1] = self.rect()?;
        let constant = |name: &str, value: f64| {
            Some(Native::value(name, "", "", move |_| Ok(Value::Float(value))))
        };
        Ok(match name {
            "get_height" => constant(name, y1 - y0),
            "get_width" => constant(name, x1 - x0),
            "get_x" => constant(name, x0),
            "get_y" => constant(name, y0),
            "set_color" | "set_facecolor" => {
                let (target, artist, bar) = (self.target.clone(), self.artist, self.bar);
                Some(Native::value(name, "color", "", move |values| {
                    let color = options::color(&values[0])?;
                    target.with(|axes| {
                        if let Some(Kind::Bars(bars)) =
                            axes.artists.get_mut(artist).map(|a| &mut a.kind)
                        {
                            let n = bars.rects.len();
                            let old = bars.fill.clone();
                            bars.fill = (0..n)
                                .filter_map(|i| old.get(i % old.len().max(1)).copied())
                                .collect();
                            if let Some(slot) = bars.fill.get_mut(bar) {
                                *slot = color;
                            }
                        }
                        Ok(Value::None)
                    })
                }))
            }
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["get_height", "get_width", "get_x", "get_y", "set_color", "set_facecolor"]
            .map(str::to_owned)
            .to_vec()
    }
}

/// `matplotlib.patches`: a shape that is not in axes yet.
pub(super) struct PatchObject {
    pub(super) class: &'static str,
    pub(super) artist: Artist,
}

impl Object for PatchObject {
    fn type_name(&self) -> String {
        self.class.to_owned()
    }
}

/// `patches.Rectangle`, `patches.Circle`, `patches.Polygon`.
pub(super) fn patch(
    class: &'static str,
    points: Vec<(f64, f64)>,
    extra: &Value,
) -> PyResult<Value> {
    use crate::show::figure::artist::{Dash, Pen, Polygon};
    use crate::show::figure::color::Color;
    let mut options = Options::new(class, extra)?;
    let color = options.color(&["color"])?;
    let face = options.color(&["facecolor", "fc"])?.or(color).unwrap_or(Color::cycle(0));
    let edge = options.color(&["edgecolor", "ec"])?.or(color).unwrap_or(Color::BLACK);
    let filled = options.flag(&["fill"])?.unwrap_or(true);
    let width = options.float(&["linewidth", "lw"])?.unwrap_or(1.0);
    let dash = options.dash(&["linestyle", "ls"])?.unwrap_or(Dash::Solid);
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let label = options.text(&["label"])?;
    let order = options.float(&["zorder"])?;
    options.ignore(&["angle", "hatch", "closed", "joinstyle", "capstyle"]);
    options.finish()?;
    let none = Color { alpha: 0.0, ..face };
    let polygon = Polygon {
        points,
        fill: if filled { face.faded(alpha) } else { none },
        edge: Some(Pen { color: edge.faded(alpha), width, dash }),
        counts: true,
    };
    let mut artist = Artist::new(Kind::Polygon(polygon)).named(label);
    artist.order = order.unwrap_or(1.0);
    Ok(Value::object(PatchObject { class, artist }))
}

/// Words around axes (titles, labels): what `plt.title("...")` returns.
pub(super) struct WordsObject {
    text: String,
    /// Where matplotlib has them, as it prints that: `0.5, 1.0`.
    place: String,
}

/// Words at a place as matplotlib prints it.
pub(super) fn words(text: impl Into<String>, place: impl Into<String>) -> Value {
    Value::object(WordsObject { text: text.into(), place: place.into() })
}

impl Object for WordsObject {
    fn type_name(&self) -> String {
        "Text".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("Text({}, {})", self.place, format::quote(&self.text)))
    }
}

/// What `plt.legend()` returns.
pub(super) struct LegendObject;

impl Object for LegendObject {
    fn type_name(&self) -> String {
        "Legend".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<matplotlib.legend.Legend object>".to_owned())
    }
}

/// The handle of an artist that is in axes.
pub(super) fn existing(target: &Target, index: usize) -> Value {
    let class = target
        .with(|axes| Ok(axes.artists.get(index).map_or("Artist", |a| class_of(&a.kind))))
        .unwrap_or("Artist");
    Value::object(ArtistObject { target: target.clone(), index, class })
}
