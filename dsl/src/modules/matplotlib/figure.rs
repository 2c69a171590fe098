//! Figures as values, and the functions that open, arrange, save and show them.

use super::axes::AxesObject;
use super::data;
use super::handles::ArtistObject;
use super::options::{self, Options, is_true};
use super::state::{self, Sheet, Target, WHOLE};
use crate::modules::numpy::Array;
use crate::modules::numpy::storage::Storage;
use crate::runtime::{Exception, Native, Object, PyResult, Value, context};
use crate::show::figure::axes::{ColorBar, Slot};
use crate::sink::Bundle;
use kerai_engine::disk;
use std::rc::Rc;

/// A figure.
pub(super) struct FigureObject(Rc<Sheet>);

pub(super) fn value(sheet: &Rc<Sheet>) -> Value {
    Value::object(FigureObject(sheet.clone()))
}

pub(super) fn axes_value(target: Target) -> Value {
    Value::object(AxesObject(target))
}

/// A function of figures, with its name, its signature and what it does.
type Row =
    (&'static str, &'static str, &'static str, fn(&Rc<Sheet>, Vec<Value>) -> PyResult<Value>);

/// Functions that `plt` and figures have in common.
pub(super) const SHARED: &[Row] = &[
    (
        "savefig",
        "fname, *, transparent=None, dpi=None, format=None, **kwargs",
        "Writes the figure: .png, .svg, .jpg.",
        save,
    ),
    ("suptitle", "t, **kwargs", "A title above all axes.", title),
    (
        "tight_layout",
        "*, pad=1.08, h_pad=None, w_pad=None, rect=None",
        "Borders that just fit the labels.",
        tight,
    ),
    (
        "subplots_adjust",
        "left=None, bottom=None, right=None, top=None, wspace=None, hspace=None",
        "Borders and distances of the axes.",
        adjust,
    ),
    (
        "colorbar",
        "mappable=None, cax=None, ax=None, **kwargs",
        "A bar that explains colours.",
        color_bar,
    ),
];

const METHODS: &[Row] = &[
    ("add_subplot", "*args, **kwargs", "Axes in a grid: `add_subplot(2, 3, 1)`.", subplot),
    (
        "add_axes",
        "rect, **kwargs",
        "Axes at (left, bottom, width, height), as shares of the figure.",
        add_axes,
    ),
    (
        "subplots",
        "nrows=1, ncols=1, *, sharex=False, sharey=False, squeeze=True, width_ratios=None, height_ratios=None, subplot_kw=None, gridspec_kw=None",
        "A grid of axes.",
        |sheet, v| subplots(sheet, &v),
    ),
    ("gca", "", "The current axes.", |sheet, _| Ok(axes_value(sheet.axes()))),
    ("clf", "", "Removes everything.", |sheet, _| clear(sheet)),
    ("clear", "", "Removes everything.", |sheet, _| clear(sheet)),
    ("show", "warn=True", "Shows the figure.", |sheet, _| {
        state::display(sheet);
        state::close(Some(&|other| other.number == sheet.number));
        Ok(Value::None)
    }),
    ("set_size_inches", "w, h=None, forward=True", "Width and height in inches.", resize),
    ("supxlabel", "t, **kwargs", "A label below all axes.", |sheet, v| {
        let text = options::label(&v[0])?;
        sheet.figure.borrow_mut().x_label.clone_from(&text);
        Ok(super::handles::words(text, "0.5, 0.01"))
    }),
    ("supylabel", "t, **kwargs", "A label left of all axes.", |sheet, v| {
        let text = options::label(&v[0])?;
        sheet.figure.borrow_mut().y_label.clone_from(&text);
        Ok(super::handles::words(text, "0.02, 0.5"))
    }),
    ("autofmt_xdate", "**kwargs", "Turns the writing at the x axes.", |sheet, _| {
        for axes in &mut sheet.figure.borrow_mut().axes {
            axes.x.rotation = 30.0;
            axes.x.tick_align = 1;
        }
        Ok(Value::None)
    }),
    ("set_facecolor", "color", "The colour of the sheet.", |sheet, v| {
        sheet.figure.borrow_mut().face = options::color(&v[0])?;
        Ok(Value::None)
    }),
    ("legend", "*args, **kwargs", "The legend of the current axes.", |sheet, v| {
        let target = sheet.axes();
        let Some(row) = super::table::rows().find(|r| r.axes == "legend") else {
            return Ok(Value::None);
        };
        let mut arguments = crate::runtime::Arguments::positional(data::items(&v[0])?);
        if let Value::Dict(entries) = &v[1] {
            for (name, value) in entries.borrow().iter() {
                arguments = arguments.with(&name.0.as_str("keyword")?, value.clone());
            }
        }
        context::call(&row.method(&target), arguments)
    }),
];

impl Object for FigureObject {
    fn type_name(&self) -> String {
        "Figure".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(self.0.figure.borrow().summary())
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let row = SHARED.iter().chain(METHODS).find(|row| row.0 == name);
        if let Some((name, signature, doc, code)) = row {
            let sheet = self.0.clone();
            return Ok(Some(Native::value(name, signature, doc, move |v| code(&sheet, v))));
        }
        Ok(match name {
            "axes" => {
                let count = self.0.figure.borrow().axes.len();
                let all = (0..count)
                    .filter(|i| !self.0.figure.borrow().axes[*i].removed)
                    .map(|index| axes_value(Target { sheet: self.0.clone(), index }));
                Some(Value::list(all.collect()))
            }
            "number" => Some(Value::Int(self.0.number)),
            "dpi" => Some(Value::Float(self.0.figure.borrow().dpi)),
            "canvas" => Some(Value::object(CanvasObject)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        let rows = SHARED.iter().chain(METHODS).map(|row| row.0.to_owned());
        rows.chain(["axes", "number", "dpi", "canvas"].map(str::to_owned)).collect()
    }

    fn display(&self) -> Option<Bundle> {
        if self.0.figure.borrow().is_empty() {
            return None;
        }
        Some(self.0.figure.borrow().bundle())
    }
}

/// `fig.canvas`: drawing happens when a figure is shown.
struct CanvasObject;

impl Object for CanvasObject {
    fn type_name(&self) -> String {
        "FigureCanvas".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(matches!(name, "draw" | "flush_events" | "draw_idle")
            .then(|| Native::value(name, "", "Accepted.", |_| Ok(Value::None))))
    }
}

/// `figsize=` and `dpi=`
fn size(value: &Value) -> PyResult<Option<(f64, f64)>> {
    if value.is_none() {
        return Ok(None);
    }
    match data::numbers(value, "figsize")?[..] {
        [width, height] if width > 0.0 && height > 0.0 && width <= 200.0 && height <= 200.0 => {
            Ok(Some((width, height)))
        }
        _ => {
            Err(Exception::value_error("figsize must be (width, height) in inches, both positive")
                .with_received(options::label(value)?))
        }
    }
}

/// `plt.figure(num, figsize, dpi, ...)`
pub(super) fn open(v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("figure", &v[3])?;
    let number = match &v[0] {
        Value::None => None,
        Value::Str(_) => None,
        other => match other.downcast::<FigureObject>() {
            Some(figure) => Some(figure.0.number),
            None => Some(other.as_int("num")?),
        },
    };
    let dpi = if v[2].is_none() { None } else { Some(v[2].as_float("dpi")?) };
    let sheet = state::open(number, size(&v[1])?, dpi);
    if let Some(face) = options.color(&["facecolor"])? {
        sheet.figure.borrow_mut().face = face;
    }
    let layout = options.text(&["layout"])?;
    let tight = options.flag(&["tight_layout", "constrained_layout"])?.unwrap_or(false);
    sheet.figure.borrow_mut().tight |=
        tight || matches!(layout.as_deref(), Some("tight" | "constrained"));
    if options.flag(&["clear"])?.unwrap_or(false) {
        clear(&sheet)?;
    }
    options.ignore(&["edgecolor", "frameon"]);
    options.finish()?;
    Ok(value(&sheet))
}

/// `plt.subplots(nrows, ncols, ...)`: a figure and its axes.
pub(super) fn open_subplots(v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("subplots", &v[9])?;
    let figsize = options.take(&["figsize"]).unwrap_or(Value::None);
    let dpi = options.float(&["dpi"])?;
    let number = options.int(&["num"])?;
    let tight = options.flag(&["tight_layout", "constrained_layout"])?.unwrap_or(false);
    let layout = options.text(&["layout"])?;
    let face = options.color(&["facecolor"])?;
    options.ignore(&["edgecolor", "frameon"]);
    options.finish()?;
    let sheet = state::open(number, size(&figsize)?, dpi);
    {
        let mut figure = sheet.figure.borrow_mut();
        figure.tight |= tight || matches!(layout.as_deref(), Some("tight" | "constrained"));
        figure.face = face.unwrap_or(figure.face);
    }
    let axes = subplots(&sheet, &v)?;
    Ok(Value::tuple(vec![value(&sheet), axes]))
}

fn subplots(sheet: &Rc<Sheet>, v: &[Value]) -> PyResult<Value> {
    let count = |value: &Value, name: &str| -> PyResult<usize> {
        let n = value.as_int(name)?;
        if !(1..=100).contains(&n) {
            return Err(Exception::value_error(format!(
                "Number of {} must be a positive integer, not {n}",
                if name == "nrows" { "rows" } else { "columns" }
            )));
        }
        Ok(n as usize)
    };
    let (rows, columns) = (count(&v[0], "nrows")?, count(&v[1], "ncols")?);
    for ratio in [&v[5], &v[6]] {
        if !ratio.is_none() {
            return Err(Exception::not_supported(
                "width_ratios and height_ratios are not in kerai",
                "use fig.add_axes((left, bottom, width, height))",
            ));
        }
    }
    if let Value::Dict(_) = &v[8] {
        let mut own = Options::new("gridspec_kw", &v[8])?;
        let (across, upright) = (own.float(&["wspace"])?, own.float(&["hspace"])?);
        let mut figure = sheet.figure.borrow_mut();
        figure.spacing.across = across.or(figure.spacing.across);
        figure.spacing.upright = upright.or(figure.spacing.upright);
        drop(figure);
        own.finish()?;
    }
    if let Value::Dict(entries) = &v[7]
        && !entries.borrow().is_empty()
    {
        return Err(Exception::not_supported(
            "subplot_kw is not in kerai (3D and polar axes are not drawn)",
            "leave it out",
        ));
    }
    let share = |value: &Value| match value {
        Value::Bool(true) => "all".to_owned(),
        Value::Str(word) => word.to_string(),
        _ => "none".to_owned(),
    };
    let (share_x, share_y) = (share(&v[2]), share(&v[3]));
    let first = sheet.figure.borrow().axes.len();
    let mut all = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let target = sheet.add_axes(Slot::Grid {
                grid: (rows, columns),
                rows: (row, row),
                columns: (column, column),
            });
            let leader = |mode: &str| match mode {
                "all" => Some(first),
                "col" => Some(first + column),
                "row" => Some(first + row * columns),
                _ => None,
            };
            target.with(|axes| {
                axes.share_x = leader(&share_x).filter(|l| *l != target.index);
                axes.share_y = leader(&share_y).filter(|l| *l != target.index);
                axes.x.labels_hidden = matches!(&*share_x, "all" | "col") && row + 1 < rows;
                axes.y.labels_hidden = matches!(&*share_y, "all" | "row") && column > 0;
                Ok(())
            })?;
            all.push(axes_value(target));
        }
    }
    sheet.current.set(Some(first));
    let squeeze = is_true(&v[4]);
    let shape: Vec<usize> = match (squeeze, rows, columns) {
        (true, 1, 1) => return Ok(all.swap_remove(0)),
        (true, 1, n) | (true, n, 1) => vec![n],
        _ => vec![rows, columns],
    };
    Ok(Array::from_storage(&shape, Storage::Object(all.into())).to_value())
}

/// `subplot(2, 3, 1)`, `subplot(231)`, `subplot(2, 3, (1, 2))`: those axes, made if they are not there.
pub(super) fn subplot(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("subplot", &v[1])?;
    let projection = options.text(&["projection"])?;
    if let Some(projection) = projection.filter(|p| p != "rectilinear") {
        return Err(Exception::not_supported(
            format!("projection='{projection}' is not in kerai"),
            "draw two coordinates at a time, or colour points by the third (scatter(x, y, c=z))",
        ));
    }
    let title = options.text(&["title"])?;
    let (label_x, label_y) = (options.text(&["xlabel"])?, options.text(&["ylabel"])?);
    let share =
        |value: Option<Value>| value.and_then(|a| a.downcast::<AxesObject>().map(|a| a.0.index));
    let (share_x, share_y) = (share(options.take(&["sharex"])), share(options.take(&["sharey"])));
    options.ignore(&["label", "polar", "facecolor"]);
    options.finish()?;
    let arguments = data::items(&v[0])?;
    let (rows, columns, place) = match &arguments[..] {
        [] => (1, 1, Value::Int(1)),
        [one] => {
            if let Some(axes) = one.downcast::<AxesObject>() {
                state::select(&axes.0);
                return Ok(one.clone());
            }
            let code = one.as_int("subplot")?;
            if !(111..=999).contains(&code) {
                return Err(Exception::value_error(format!(
                    "Integer subplot specification must be a three-digit number, not {code}"
                )));
            }
            (code / 100, code / 10 % 10, Value::Int(code % 10))
        }
        [rows, columns, place] => (rows.as_int("nrows")?, columns.as_int("ncols")?, place.clone()),
        _ => {
            return Err(Exception::type_error(format!(
                "subplot() takes 1 or 3 positional arguments but {} were given",
                arguments.len()
            )));
        }
    };
    let (first, last) = match data::items(&place)?.as_slice() {
        [a, b] => (a.as_int("index")?, b.as_int("index")?),
        _ => (place.as_int("index")?, place.as_int("index")?),
    };
    if rows < 1
        || columns < 1
        || first < 1
        || last < first
        || last > rows * columns
        || rows * columns > 10_000
    {
        return Err(Exception::value_error(format!(
            "num must be an integer with 1 <= num <= {}, not {first}",
            (rows * columns).max(0)
        )));
    }
    let at = |i: i64| (((i - 1) / columns) as usize, ((i - 1) % columns) as usize);
    let (from, to) = (at(first), at(last));
    let slot = Slot::Grid {
        grid: (rows as usize, columns as usize),
        rows: (from.0, to.0),
        columns: (from.1.min(to.1), from.1.max(to.1)),
    };
    let existing = {
        let figure = sheet.figure.borrow();
        figure.axes.iter().position(|a| a.slot == slot && !a.removed && a.twin_of.is_none())
    };
    let target = match existing {
        Some(index) => Target { sheet: sheet.clone(), index },
        None => sheet.add_axes(slot),
    };
    target.with(|axes| {
        axes.titles[1] = title.unwrap_or_else(|| axes.titles[1].clone());
        axes.x.label = label_x.unwrap_or_else(|| axes.x.label.clone());
        axes.y.label = label_y.unwrap_or_else(|| axes.y.label.clone());
        axes.share_x = share_x.filter(|i| *i < target.index).or(axes.share_x);
        axes.share_y = share_y.filter(|i| *i < target.index).or(axes.share_y);
        Ok(())
    })?;
    state::select(&target);
    Ok(axes_value(target))
}

/// Axes at a free place.
pub(super) fn add_axes(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    match data::numbers(&v[0], "rect")?[..] {
        [left, bottom, width, height] if width > 0.0 && height > 0.0 => {
            Ok(axes_value(sheet.add_axes(Slot::Free([left, bottom, width, height]))))
        }
        _ => Err(Exception::value_error(
            "rect must be (left, bottom, width, height) between 0 and 1",
        )),
    }
}

/// `plt.clf()`
pub(super) fn clear(sheet: &Rc<Sheet>) -> PyResult<Value> {
    let mut figure = sheet.figure.borrow_mut();
    figure.axes.clear();
    figure.title.clear();
    figure.tight = false;
    figure.spacing = Default::default();
    sheet.current.set(None);
    Ok(Value::None)
}

fn resize(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    let both =
        if v[1].is_none() { v[0].clone() } else { Value::tuple(vec![v[0].clone(), v[1].clone()]) };
    if let Some(size) = size(&both)? {
        sheet.figure.borrow_mut().size = size;
    }
    Ok(Value::None)
}

fn title(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    let text = options::label(&v[0])?;
    let mut options = Options::new("suptitle", &v[1])?;
    options.ignore(&["x", "y"]);
    let look = options::words(&mut options, &Value::None)?;
    options.finish()?;
    let mut figure = sheet.figure.borrow_mut();
    figure.title.clone_from(&text);
    figure.title_size = look.size;
    figure.title_bold = look.bold;
    Ok(super::handles::words(text, "0.5, 0.98"))
}

fn tight(sheet: &Rc<Sheet>, _v: Vec<Value>) -> PyResult<Value> {
    sheet.figure.borrow_mut().tight = true;
    Ok(Value::None)
}

fn adjust(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    let mut figure = sheet.figure.borrow_mut();
    let spacing = &mut figure.spacing;
    let slots = [
        &mut spacing.left,
        &mut spacing.bottom,
        &mut spacing.right,
        &mut spacing.top,
        &mut spacing.across,
        &mut spacing.upright,
    ];
    for (slot, value) in slots.into_iter().zip(&v) {
        if !value.is_none() {
            *slot = Some(value.as_float("subplots_adjust")?);
        }
    }
    figure.tight = false;
    Ok(Value::None)
}

fn color_bar(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("colorbar", &v[3])?;
    let level = options.text(&["orientation"])?.as_deref() == Some("horizontal")
        || matches!(options.text(&["location"])?.as_deref(), Some("bottom" | "top"));
    let label = options.text(&["label"])?.unwrap_or_default();
    let ticks = options.take(&["ticks"]).map(|t| data::numbers(&t, "ticks")).transpose()?;
    let shrink = options.float(&["shrink"])?.unwrap_or(1.0).clamp(0.05, 1.0);
    let fraction = options.float(&["fraction"])?.unwrap_or(0.15).clamp(0.01, 0.5);
    let pad = options.float(&["pad"])?.unwrap_or(if level { 0.15 } else { 0.05 }).clamp(0.0, 0.5);
    options.ignore(&[
        "aspect",
        "format",
        "extend",
        "drawedges",
        "anchor",
        "panchor",
        "spacing",
        "extendfrac",
        "use_gridspec",
    ]);
    options.finish()?;
    if !v[1].is_none() {
        return Err(Exception::not_supported(
            "colorbar(cax=...) is not in kerai",
            "leave cax out, or use ax=",
        ));
    }
    let (target, artist) = match v[0].downcast::<ArtistObject>() {
        Some(handle) => (handle.target.clone(), handle.index),
        None if v[0].is_none() => {
            let target = match v[2].downcast::<AxesObject>() {
                Some(axes) => axes.0.clone(),
                None => sheet.axes(),
            };
            let found = target.with(|axes| {
                Ok((0..axes.artists.len()).rev().find(|i| axes.artists[*i].mapping().is_some()))
            })?;
            match found {
                Some(artist) => (target, artist),
                None => {
                    return Err(Exception::new(
                        "RuntimeError",
                        "No mappable was found to use for colorbar creation. First define a mappable such as an image (with imshow) or a contour set (with contourf).",
                    ));
                }
            }
        }
        None => {
            return Err(
                v[0].wrong_type("mappable", "what imshow(), scatter() or contourf() returned")
            );
        }
    };
    let bar = ColorBar { artist, label, ticks, tick_labels: None, level, shrink, fraction, pad };
    let index = target.with(|axes| {
        axes.color_bars.push(bar);
        Ok(axes.color_bars.len() - 1)
    })?;
    Ok(Value::object(ColorBarObject { target, index }))
}

/// What `colorbar` returns.
struct ColorBarObject {
    target: Target,
    index: usize,
}

impl Object for ColorBarObject {
    fn type_name(&self) -> String {
        "Colorbar".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<matplotlib.colorbar.Colorbar object>".to_owned())
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let (target, index) = (self.target.clone(), self.index);
        Ok(match name {
            "set_label" | "set_ylabel" => {
                Some(Native::value(name, "label, **kwargs", "What the bar shows.", move |v| {
                    let label = options::label(&v[0])?;
                    target.with(|axes| {
                        if let Some(bar) = axes.color_bars.get_mut(index) {
                            bar.label = label;
                        }
                        Ok(Value::None)
                    })
                }))
            }
            "set_ticks" => Some(Native::value(
                name,
                "ticks, labels=None, **kwargs",
                "Where the bar has marks.",
                move |v| {
                    let ticks = data::numbers(&v[0], "ticks")?;
                    let names = data::names(&v[1]);
                    target.with(|axes| {
                        if let Some(bar) = axes.color_bars.get_mut(index) {
                            bar.ticks = Some(ticks);
                            bar.tick_labels = names;
                        }
                        Ok(Value::None)
                    })
                },
            )),
            "set_ticklabels" => Some(Native::value(
                name,
                "ticklabels, **kwargs",
                "What is written at the marks.",
                move |v| {
                    let names =
                        data::items(&v[0])?.iter().map(options::label).collect::<PyResult<_>>()?;
                    target.with(|axes| {
                        if let Some(bar) = axes.color_bars.get_mut(index) {
                            bar.tick_labels = Some(names);
                        }
                        Ok(Value::None)
                    })
                },
            )),
            "ax" => Some(this.clone()),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["set_label", "set_ticks", "set_ticklabels", "ax"].map(str::to_owned).to_vec()
    }
}

fn save(sheet: &Rc<Sheet>, v: Vec<Value>) -> PyResult<Value> {
    let path = options::label(&v[0])?;
    let mut options = Options::new("savefig", &v[4])?;
    let crop = options.text(&["bbox_inches"])?.as_deref() == Some("tight");
    options.ignore(&[
        "pad_inches",
        "facecolor",
        "edgecolor",
        "metadata",
        "orientation",
        "bbox_extra_artists",
        "pil_kwargs",
        "backend",
    ]);
    options.finish()?;
    let extension =
        std::path::Path::new(&path).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    let format = match &v[3] {
        Value::None => extension.clone().unwrap_or_else(|| "png".to_owned()),
        other => other.as_str("format")?.to_ascii_lowercase(),
    };
    let path = if extension.is_none() { format!("{path}.{format}") } else { path };
    let figure = sheet.figure.borrow();
    let dpi = if v[2].is_none() || matches!(v[2], Value::Str(_)) {
        figure.dpi
    } else {
        v[2].as_float("dpi")?
    };
    let scale = (dpi / figure.dpi).clamp(0.05, 20.0);
    let bytes = match &*format {
        "png" => figure.png(scale, crop),
        "svg" => figure.svg(crop).into_bytes(),
        "jpg" | "jpeg" => jpeg(&figure.png(scale, crop))?,
        other => {
            return Err(Exception::value_error(format!(
                "Format '{other}' is not supported (supported formats: jpeg, jpg, png, svg)"
            )));
        }
    };
    disk::write(&path, bytes).map_err(|error| {
        let class = match error.kind() {
            std::io::ErrorKind::NotFound => "FileNotFoundError",
            std::io::ErrorKind::PermissionDenied => "PermissionError",
            _ => "OSError",
        };
        Exception::new(class, format!("{error}: '{path}'"))
    })?;
    Ok(Value::None)
}

fn jpeg(png: &[u8]) -> PyResult<Vec<u8>> {
    let failed = |error: image::ImageError| Exception::new("OSError", error.to_string());
    let image = image::load_from_memory(png).map_err(failed)?.to_rgb8();
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&image)
        .map_err(failed)?;
    Ok(bytes)
}

/// The number of a figure that was given as a value or a number.
pub(super) fn number_of(value: &Value) -> Option<i64> {
    match value.downcast::<FigureObject>() {
        Some(figure) => Some(figure.0.number),
        None => value.as_int("fig").ok(),
    }
}

/// One axes over a whole figure of the right shape: `plt.matshow`.
pub(super) fn for_matrix(rows: usize, columns: usize) -> Target {
    let height = (4.8 * rows as f64 / columns.max(1) as f64).clamp(2.4, 9.6);
    let sheet = state::open(None, Some((4.8, height)), None);
    sheet.add_axes(WHOLE)
}
