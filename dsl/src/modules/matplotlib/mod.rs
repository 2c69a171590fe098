//! `matplotlib`: `pyplot` with the functions that lessons use, `cm`, `patches`, `colors`, `ticker`. Figures are a model of
//! [`crate::show::figure`]; here are only names, arguments and pyplot's memory.
//!
//! | file | what |
//! |---|---|
//! | `state` | open figures, current axes, parameters; `flush_figures` |
//! | `table` | a row per function, for `plt.plot` and `ax.plot` alike |
//! | `lines`, `scatter`, `bars`, `areas`, `rules`, `grids`, `statistics` | the rows that draw data |
//! | `titles`, `axis`, `legend`, `notes` | the rows around the data |
//! | `figure`, `axes`, `handles`, `cm` | what programs hold: figures, axes, artists, colour maps |
//! | `data`, `options` | from values to numbers, from keyword arguments to looks |

mod areas;
mod axes;
mod axis;
mod bars;
mod cm;
mod data;
mod figure;
mod grids;
mod handles;
mod legend;
mod lines;
mod notes;
mod options;
mod rules;
mod scatter;
mod state;
mod statistics;
mod table;
mod titles;

pub use state::{discard_figures, end_of_cell, flush_figures};

use super::Module;
use crate::runtime::{Arguments, Exception, Native, Object, PyResult, Value, context};
use crate::show::figure::color::Color;
use kerai_engine::disk;

/// `matplotlib`
pub(super) fn module() -> Module {
    Module::new("matplotlib", "Pictures.")
        .submodule("pyplot", pyplot)
        .submodule("patches", patches)
        .submodule("colors", colors)
        .submodule("ticker", ticker)
        .submodule("style", style)
        .with("cm", Value::object(cm::Maps))
        .with("colormaps", Value::object(cm::Maps))
        .with("rcParams", state::parameters())
        .with("__version__", Value::str("3.11.2"))
        .function(
            "use",
            "backend, *, force=True",
            "Accepted: pictures go into the session.",
            |_| Ok(Value::None),
        )
        .function("rc", "group, **kwargs", "Sets parameters.", rc)
}

fn rc(v: Vec<Value>) -> PyResult<Value> {
    let groups = data::names(&v[0]).unwrap_or_default();
    if let Value::Dict(entries) = &v[1] {
        for group in groups {
            for (name, value) in entries.borrow().iter() {
                let name = options::label(&name.0)?;
                state::set_parameter(&format!("{group}.{name}"), value.clone());
            }
        }
    }
    Ok(Value::None)
}

fn style() -> Module {
    Module::new("matplotlib.style", "Looks.")
        .function(
            "use",
            "style",
            "A look; kerai draws the default one, with a grid where the look has one.",
            |v| use_style(&v[0]),
        )
        .with("available", Value::list(STYLES.iter().map(Value::str).collect()))
}

const STYLES: [&str; 12] = [
    "default",
    "classic",
    "ggplot",
    "seaborn-v0_8",
    "seaborn-v0_8-whitegrid",
    "seaborn-v0_8-darkgrid",
    "seaborn-whitegrid",
    "seaborn-darkgrid",
    "seaborn",
    "fivethirtyeight",
    "bmh",
    "fast",
];

fn use_style(value: &Value) -> PyResult<Value> {
    for name in data::names(value).unwrap_or_default() {
        let known = STYLES.contains(&name.as_str())
            || name.starts_with("seaborn")
            || matches!(name.as_str(), "dark_background" | "grayscale" | "tableau-colorblind10");
        if !known {
            let near = kerai_engine::suggest::nearest(&name, STYLES);
            let error = Exception::new("OSError", format!("'{name}' is not a valid package style"));
            return Err(match near {
                Some(near) => error.with_hint(format!("did you mean '{near}'?")),
                None => error,
            });
        }
        let grid =
            name.contains("grid") || matches!(name.as_str(), "ggplot" | "bmh" | "fivethirtyeight");
        state::set_parameter("axes.grid", Value::Bool(grid));
    }
    Ok(Value::None)
}

/// `matplotlib.pyplot`
fn pyplot() -> Module {
    let mut module =
        Module::new("matplotlib.pyplot", "Pictures, drawn step by step into the current axes.");
    for row in table::rows().filter(|row| !row.plt.is_empty()) {
        module = module.with(row.plt, row.function());
    }
    for (name, signature, doc, code) in figure::SHARED {
        module = module.function(name, signature, doc, move |v| code(&state::figure(), v));
    }
    module
        .function("figure", "num=None, figsize=None, dpi=None, **kwargs", "Opens a figure.", figure::open)
        .function("subplots", "nrows=1, ncols=1, sharex=False, sharey=False, squeeze=True, width_ratios=None, height_ratios=None, subplot_kw=None, gridspec_kw=None, **kwargs", "A figure with a grid of axes: `fig, ax = plt.subplots()`.", figure::open_subplots)
        .function("subplot", "*args, **kwargs", "The axes at a place of a grid: `plt.subplot(2, 3, 1)`.", |v| {
            figure::subplot(&state::figure(), v)
        })
        .function("axes", "arg=None, **kwargs", "Axes at (left, bottom, width, height).", |v| {
            if v[0].is_none() {
                return Ok(figure::axes_value(state::figure().add_axes(state::WHOLE)));
            }
            figure::add_axes(&state::figure(), v)
        })
        .function("gcf", "", "The current figure.", |_| Ok(figure::value(&state::figure())))
        .function("gca", "**kwargs", "The current axes.", |_| Ok(figure::axes_value(state::axes())))
        .function("sca", "ax", "Makes axes the current ones.", |v| match v[0].downcast::<axes::AxesObject>() {
            Some(axes) => {
                state::select(&axes.0);
                Ok(Value::None)
            }
            None => Err(v[0].wrong_type("ax", "Axes")),
        })
        .function("clf", "", "Clears the current figure.", |_| figure::clear(&state::figure()))
        .function("close", "fig=None", "Closes a figure, or `all`.", close)
        .function("show", "*args, **kwargs", "Shows what was drawn.", |_| {
            state::show();
            Ok(Value::None)
        })
        .function("draw", "", "Accepted: figures are drawn when they are shown.", |_| Ok(Value::None))
        .function("pause", "interval", "Shows what was drawn so far.", |_| {
            state::show();
            Ok(Value::None)
        })
        .function("ion", "", "Accepted.", |_| Ok(Value::None))
        .function("ioff", "", "Accepted.", |_| Ok(Value::None))
        .function("twinx", "ax=None", "Axes on top with a y axis at the right.", |v| {
            let target = match v[0].downcast::<axes::AxesObject>() {
                Some(axes) => axes.0.clone(),
                None => state::axes(),
            };
            Ok(axes::twin(&target))
        })
        .function("get_fignums", "", "The numbers of the open figures.", |_| {
            Ok(Value::list(state::numbers().into_iter().map(Value::Int).collect()))
        })
        .function("fignum_exists", "num", "Whether a figure is open.", |v| {
            Ok(Value::Bool(figure::number_of(&v[0]).is_some_and(|n| state::numbers().contains(&n))))
        })
        .function("matshow", "A, fignum=None, **kwargs", "A table of numbers as colours, in a figure of its shape.", |v| {
            let (rows, columns, _) = data::matrix(&v[0], "A")?;
            // In a figure that waits for its first axes, or in one of its own.
            let target = match v[1] {
                Value::None => figure::for_matrix(rows, columns),
                _ => state::axes(),
            };
            grids::matshow(&target, vec![v[0].clone(), v[2].clone()])
        })
        .function("set_cmap", "cmap", "The colour map of what follows.", |v| {
            let map = options::color_map(&v[0])?;
            state::set_parameter("image.cmap", Value::str(map.name));
            Ok(Value::None)
        })
        .function("clim", "vmin=None, vmax=None", "The ends of the colours of the last image.", |v| {
            let target = state::axes();
            let index = target.with(|axes| {
                Ok((0..axes.artists.len()).rev().find(|i| axes.artists[*i].mapping().is_some()))
            })?;
            let Some(index) = index else {
                return Err(Exception::new("RuntimeError", "You must first define an image, e.g., with imshow"));
            };
            let handle = handles::existing(&target, index);
            call_method(&handle, "set_clim", v)
        })
        .function("box", "on=None", "Shows or hides the frame.", |v| {
            let shown = !v[0].is_none() && options::is_true(&v[0]);
            state::axes().with(|axes| {
                axes.spines = [shown; 4];
                Ok(Value::None)
            })
        })
        .function("imread", "fname, format=None", "An image file as an array.", |v| read_image(&v[0]))
        .function("imsave", "fname, arr, **kwargs", "Writes an array as an image file.", save_image)
        .function("rc", "group, **kwargs", "Sets parameters.", rc)
        .function("rcdefaults", "", "Back to the default parameters.", |_| {
            state::reset_parameters();
            Ok(Value::None)
        })
        .function("setp", "obj, **kwargs", "Sets properties of what was drawn.", set_properties)
        .with("get_cmap", cm::get_map())
        .with("cm", Value::object(cm::Maps))
        .with("colormaps", Value::object(cm::Maps))
        .with("rcParams", state::parameters())
        .submodule("style", style)
        .lazy("Rectangle", || patch_function("Rectangle"))
        .lazy("Circle", || patch_function("Circle"))
        .lazy("Polygon", || patch_function("Polygon"))
}

fn call_method(object: &Value, name: &str, arguments: Vec<Value>) -> PyResult<Value> {
    let Value::Object(inner) = object else { return Ok(Value::None) };
    match inner.attribute(object, name)? {
        Some(method) => context::call(&method, Arguments::positional(arguments)),
        None => Err(Exception::attribute_error(format!(
            "'{}' object has no attribute '{name}'",
            inner.type_name()
        ))),
    }
}

fn set_properties(v: Vec<Value>) -> PyResult<Value> {
    let Value::Dict(entries) = &v[1] else { return Ok(Value::None) };
    for object in data::items(&v[0])? {
        for (name, value) in entries.borrow().iter() {
            let name = format!("set_{}", options::label(&name.0)?);
            call_method(&object, &name, vec![value.clone()])?;
        }
    }
    Ok(Value::None)
}

fn close(v: Vec<Value>) -> PyResult<Value> {
    match &v[0] {
        Value::None => state::close(None),
        Value::Str(word) if &**word == "all" => state::close(Some(&|_| true)),
        other => match figure::number_of(other) {
            Some(number) => state::close(Some(&|sheet| sheet.number == number)),
            None => return Err(other.wrong_type("fig", "a figure, a number or 'all'")),
        },
    }
    Ok(Value::None)
}

/// PNG files give shares between 0 and 1 as float32, others whole numbers, as matplotlib has it.
fn read_image(value: &Value) -> PyResult<Value> {
    use super::numpy::Array;
    let path = options::label(value)?;
    let bytes = disk::read(&path).map_err(|error| {
        let class = if error.kind() == std::io::ErrorKind::NotFound {
            "FileNotFoundError"
        } else {
            "OSError"
        };
        Exception::new(
            class,
            format!("[Errno {}] {error}: '{path}'", error.raw_os_error().unwrap_or(0)),
        )
    })?;
    let format = image::guess_format(&bytes);
    let image = image::load_from_memory(&bytes).map_err(|error| {
        Exception::new("OSError", format!("cannot read '{path}' as an image: {error}"))
            .with_expected("a PNG or JPEG file")
    })?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    let color = image.color();
    let (pixels, channels) = match (color.has_color(), color.has_alpha()) {
        (false, false) => (image.to_luma8().into_raw(), 1),
        (_, false) => (image.to_rgb8().into_raw(), 3),
        (_, true) => (image.to_rgba8().into_raw(), 4),
    };
    let shape: Vec<usize> =
        if channels == 1 { vec![height, width] } else { vec![height, width, channels] };
    Ok(match format {
        Ok(image::ImageFormat::Png) => {
            let shares: Vec<f32> = pixels.into_iter().map(|p| f32::from(p) / 255.0).collect();
            Array::from_vec(&shape, shares).to_value()
        }
        _ => Array::from_vec(&shape, pixels).to_value(),
    })
}

fn save_image(v: Vec<Value>) -> PyResult<Value> {
    use crate::show::figure::artist::Cells;
    let path = options::label(&v[0])?;
    let mut options = options::Options::new("imsave", &v[2])?;
    let mut choice = grids::MappingChoice {
        map: options.map()?,
        min: options.float(&["vmin"])?,
        max: options.float(&["vmax"])?,
        log: false,
    };
    options.ignore(&["format", "dpi", "origin"]);
    options.finish()?;
    let (rows, columns, cells) = grids::cells(&v[1], &mut choice)?;
    let pixels: Vec<u8> = match cells {
        Cells::Mapped { values, mapping } => {
            values.iter().flat_map(|v| mapping.color(*v).rgb).collect()
        }
        Cells::Colors(colors) => colors.iter().flat_map(|c| [c[0], c[1], c[2]]).collect(),
    };
    let image = image::RgbImage::from_raw(columns as u32, rows as u32, pixels)
        .ok_or_else(|| Exception::value_error("the array has no pixels"))?;
    let failed = |error: String| Exception::new("OSError", format!("{error}: '{path}'"));
    let format = image::ImageFormat::from_path(&path).map_err(|error| failed(error.to_string()))?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).map_err(|error| failed(error.to_string()))?;
    disk::write(&path, bytes.into_inner()).map_err(|error| failed(error.to_string()))?;
    Ok(Value::None)
}

fn patches() -> Module {
    let make = |class: &'static str| move || patch_function(class);
    Module::new("matplotlib.patches", "Shapes for `ax.add_patch`.")
        .lazy("Rectangle", make("Rectangle"))
        .lazy("Circle", make("Circle"))
        .lazy("Ellipse", make("Ellipse"))
        .lazy("Polygon", make("Polygon"))
        .lazy("Patch", make("Patch"))
}

fn patch_function(class: &'static str) -> PyResult<Value> {
    let signature = match class {
        "Rectangle" => "xy, width, height, **kwargs",
        "Circle" => "xy, radius=5, **kwargs",
        "Ellipse" => "xy, width, height, **kwargs",
        "Polygon" => "xy, **kwargs",
        _ => "**kwargs",
    };
    let pair = |value: &Value| -> PyResult<(f64, f64)> {
        match data::numbers(value, "xy")?[..] {
            [x, y] => Ok((x, y)),
            _ => Err(Exception::value_error("xy must be (x, y)")),
        }
    };
    let round = |(x, y): (f64, f64), (a, b): (f64, f64)| -> Vec<(f64, f64)> {
        (0..72)
            .map(|i| {
                let (sin, cos) = f64::to_radians(5.0 * f64::from(i)).sin_cos();
                (x + a * cos, y + b * sin)
            })
            .collect()
    };
    Ok(Native::value(class, signature, "A shape for `ax.add_patch`.", move |v| {
        let points = match class {
            "Rectangle" => {
                let (x, y) = pair(&v[0])?;
                let (w, h) = (v[1].as_float("width")?, v[2].as_float("height")?);
                vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
            }
            "Circle" => {
                let radius = v[1].as_float("radius")?;
                round(pair(&v[0])?, (radius, radius))
            }
            "Ellipse" => {
                let half = (v[1].as_float("width")? / 2.0, v[2].as_float("height")? / 2.0);
                round(pair(&v[0])?, half)
            }
            "Polygon" => {
                let items = data::items(&v[0])?;
                items.iter().map(pair).collect::<PyResult<Vec<_>>>()?
            }
            _ => Vec::new(),
        };
        let extra = v.last().cloned().unwrap_or(Value::None);
        handles::patch(class, points, &extra)
    }))
}

fn colors() -> Module {
    Module::new("matplotlib.colors", "Colours.")
        .function(
            "ListedColormap",
            "colors, name='from_list', N=None",
            "A map of equal steps.",
            |v| cm::custom(false, &v[0], &options::label(&v[1])?),
        )
        .with("LinearSegmentedColormap", Value::object(Segmented))
        .function("to_rgb", "c", "A colour as three shares.", |v| {
            let color = options::color(&v[0])?;
            Ok(Value::tuple(color.rgb.map(|c| Value::Float(f64::from(c) / 255.0)).to_vec()))
        })
        .function("to_rgba", "c, alpha=None", "A colour as four shares.", |v| {
            let color: Color = options::color(&v[0])?;
            let alpha = if v[1].is_none() { color.alpha } else { v[1].as_float("alpha")? };
            let mut shares: Vec<Value> =
                color.rgb.map(|c| Value::Float(f64::from(c) / 255.0)).to_vec();
            shares.push(Value::Float(alpha));
            Ok(Value::tuple(shares))
        })
        .function("to_hex", "c, keep_alpha=False", "A colour as `#rrggbb`.", |v| {
            let [r, g, b] = options::color(&v[0])?.rgb;
            Ok(Value::str(format!("#{r:02x}{g:02x}{b:02x}")))
        })
}

/// `LinearSegmentedColormap.from_list(name, colors)`
struct Segmented;

impl Object for Segmented {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "from_list").then(|| {
            Native::value(
                "from_list",
                "name, colors, N=256, gamma=1.0",
                "A map that runs through colours.",
                |v| cm::custom(true, &v[1], &options::label(&v[0])?),
            )
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        vec!["from_list".to_owned()]
    }
}

fn ticker() -> Module {
    Module::new("matplotlib.ticker", "Where axes have marks.")
        .function(
            "MaxNLocator",
            "nbins='auto', *, integer=False, **kwargs",
            "Round places, whole numbers if `integer`.",
            |v| Ok(Value::object(Locator { whole: options::is_true(&v[1]), fixed: None })),
        )
        .function("FixedLocator", "locs, nbins=None", "Fixed places.", |v| {
            Ok(Value::object(Locator { whole: false, fixed: Some(data::numbers(&v[0], "locs")?) }))
        })
        .function("NullLocator", "", "No places.", |_| {
            Ok(Value::object(Locator { whole: false, fixed: Some(Vec::new()) }))
        })
}

/// What `ax.xaxis.set_major_locator` takes.
struct Locator {
    whole: bool,
    fixed: Option<Vec<f64>>,
}

impl Object for Locator {
    fn type_name(&self) -> String {
        "Locator".to_owned()
    }
}
