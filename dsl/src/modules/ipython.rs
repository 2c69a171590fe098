//! `IPython.display`: showing things in the middle of a cell, and changing them later.

use super::Module;
use crate::runtime::object::Doc;
use crate::runtime::{
    Arguments, Exception, Native, Object, PyResult, Signature, Value, context, format,
};
use crate::sink::{Bundle, Content, Output, Style};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// `IPython`
pub(super) fn module() -> Module {
    Module::new("IPython", "Showing things in notebooks.")
        .submodule("display", display_module)
        .function("get_ipython", "", "`None`: kerai is not IPython.", |_| Ok(Value::None))
        .with("__version__", Value::str("9.0"))
}

fn display_module() -> Module {
    let mut module = Module::new("IPython.display", "Showing things in notebooks.")
        .with("display", display())
        .function("clear_output", "wait=False", "Clears what the cell has shown; with `wait`, when the next output comes.", |v| {
            let wait = truth(&v[0]);
            context::emit(Output::Clear { wait });
            Ok(Value::None)
        })
        .function("update_display", "obj, *, display_id, **kwargs", "Changes what was shown under an id.", |v| {
            update(&v[0], &v[1].as_str("display_id")?)?;
            Ok(Value::None)
        })
        .function("DisplayHandle", "display_id=None", "A place that can be shown and changed.", |v| {
            let id = match &v[0] {
                Value::None => fresh_id(),
                other => other.as_str("display_id")?.to_string(),
            };
            Ok(Value::object(Handle(id)))
        })
        .function("Image", "data=None, url=None, filename=None, format=None, embed=None, width=None, height=None, **kwargs", "A PNG or JPEG file.", image);
    for (class, mime) in [
        ("HTML", "text/html"),
        ("Markdown", "text/markdown"),
        ("SVG", "image/svg+xml"),
        ("Latex", "text/latex"),
        ("Math", "text/latex"),
        ("Pretty", "text/plain"),
    ] {
        module = module.function(
            class,
            "data=None, url=None, filename=None, **kwargs",
            "Something rich to show.",
            move |v| {
                let text = source(class, &v)?;
                let text = if class == "Math" {
                    format!("$\\displaystyle {}$", text.trim_matches('$'))
                } else {
                    text
                };
                let plain = if mime == "text/plain" {
                    text.clone()
                } else {
                    format!("<IPython.core.display.{class} object>")
                };
                let plain = if matches!(class, "Markdown" | "Latex" | "Math") {
                    text.clone()
                } else {
                    plain
                };
                let bundle = Bundle::default().with_text(mime, text);
                let bundle = if mime == "text/plain" {
                    bundle
                } else {
                    bundle.with_text("text/plain", plain)
                };
                Ok(Value::object(Rich { class, bundle }))
            },
        );
    }
    module.function(
        "JSON",
        "data=None, url=None, filename=None, expanded=False, **kwargs",
        "Structured data.",
        |v| {
            let json = match &v[0] {
                Value::Str(text) => serde_json::from_str(text).map_err(|error| {
                    Exception::value_error(format!("this is not JSON: {error}"))
                })?,
                other => to_json(other, 0)?,
            };
            let plain = serde_json::to_string_pretty(&json).unwrap_or_default();
            let mut bundle = Bundle::default();
            bundle.forms.push(("application/json".to_owned(), Content::Json(json)));
            Ok(Value::object(Rich { class: "JSON", bundle: bundle.with_text("text/plain", plain) }))
        },
    )
}

fn truth(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || matches!(value, Value::Int(n) if *n != 0)
}

fn fresh_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("kerai-display-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// How a value is shown.
pub(crate) fn bundle_of(value: &Value) -> PyResult<Bundle> {
    if let Value::Object(object) = value
        && let Some(bundle) = object.display()
    {
        return Ok(bundle);
    }
    Ok(Bundle::plain(format::repr(value)?))
}

fn update(value: &Value, id: &str) -> PyResult<()> {
    context::emit(Output::Update { id: id.to_owned(), bundle: bundle_of(value)? });
    Ok(())
}

/// The function `display`, which needs no import in notebooks.
pub(crate) fn display() -> Value {
    Value::object(DisplayFunction)
}

/// `display(*objs, display_id=None, ...)`
struct DisplayFunction;

impl Object for DisplayFunction {
    fn type_name(&self) -> String {
        "function".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<function display>".to_owned())
    }

    fn is_callable(&self) -> bool {
        true
    }

    /// `from IPython import display` gives a module in Python; its members are found here too.
    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        match name {
            "__name__" => Ok(Some(Value::str("display"))),
            _ => Ok(None),
        }
    }

    fn signature(&self) -> Option<Signature> {
        Some(Signature::parse("*objs, display_id=None, clear=False, **kwargs"))
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: "display(*objs, display_id=None, clear=False)".to_owned(),
            text: "Shows values as the result of a cell is shown. With `display_id`, gives a handle whose `update` changes what is shown.".to_owned(),
        })
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let signature = Signature::parse(
            "*objs, display_id=None, clear=False, include=None, exclude=None, metadata=None, transient=None, raw=False",
        );
        let values = signature.bind("display", arguments)?;
        if truth(&values[2]) {
            context::emit(Output::Clear { wait: true });
        }
        let id = match &values[1] {
            Value::None | Value::Bool(false) => None,
            Value::Bool(true) => Some(fresh_id()),
            other => Some(other.as_str("display_id")?.to_string()),
        };
        let Value::Tuple(objects) = &values[0] else { return Ok(Value::None) };
        for object in objects.iter() {
            let bundle = bundle_of(object)?;
            // Text alone is text where nothing can be displayed.
            if context::style() != Style::Notebook && bundle.forms.len() == 1 {
                context::text(&format!("{}\n", bundle.text()));
            } else {
                context::emit(Output::Display { id: id.clone(), bundle });
            }
        }
        Ok(id.map_or(Value::None, |id| Value::object(Handle(id))))
    }
}

/// What `display(..., display_id=True)` gives.
struct Handle(String);

impl Object for Handle {
    fn type_name(&self) -> String {
        "DisplayHandle".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<DisplayHandle display_id={}>", self.0))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let id = self.0.clone();
        Ok(match name {
            "display_id" => Some(Value::str(&id)),
            "update" => {
                Some(Native::value("update", "obj, **kwargs", "Changes what is shown.", move |v| {
                    update(&v[0], &id)?;
                    Ok(Value::None)
                }))
            }
            "display" => {
                Some(Native::value("display", "obj, **kwargs", "Shows a value here.", move |v| {
                    context::emit(Output::Display {
                        id: Some(id.clone()),
                        bundle: bundle_of(&v[0])?,
                    });
                    Ok(Value::None)
                }))
            }
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["display_id", "update", "display"].map(str::to_owned).to_vec()
    }
}

/// `HTML(...)`, `Image(...)`, ...
struct Rich {
    class: &'static str,
    bundle: Bundle,
}

impl Object for Rich {
    fn type_name(&self) -> String {
        self.class.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<IPython.core.display.{} object>", self.class))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match (name, self.bundle.forms.first()) {
            ("data", Some((_, Content::Text(text)))) => Some(Value::str(text)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        vec!["data".to_owned()]
    }

    fn display(&self) -> Option<Bundle> {
        Some(self.bundle.clone())
    }
}

/// The text that a class was given: itself, or a file.
fn source(class: &str, v: &[Value]) -> PyResult<String> {
    match (&v[0], &v[1], &v[2]) {
        (_, _, Value::Str(path)) => read(path).and_then(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| Exception::value_error(format!("'{path}' is not text")))
        }),
        (Value::None, Value::Str(_), _) => Err(no_url(class)),
        (Value::None, ..) => Err(Exception::type_error(format!("{class} expects text, not None"))),
        (value, ..) => {
            let text = format::str(value)?;
            // SVG("picture.svg") is a file.
            if class == "SVG" && !text.contains('<') {
                return String::from_utf8(read(&text)?)
                    .map_err(|_| Exception::value_error(format!("'{text}' is not text")));
            }
            Ok(text)
        }
    }
}

fn no_url(class: &str) -> Box<Exception> {
    Exception::not_supported(
        format!("{class}(url=...) is not in kerai"),
        "keras.utils.get_file(...) fetches a file; then give its path",
    )
}

fn read(path: &str) -> PyResult<Vec<u8>> {
    kerai_engine::disk::read(path).map_err(|error| {
        let class = match error.kind() {
            std::io::ErrorKind::NotFound => "FileNotFoundError",
            std::io::ErrorKind::PermissionDenied => "PermissionError",
            _ => "OSError",
        };
        Exception::new(class, format!("{error}: '{path}'"))
    })
}

fn image(v: Vec<Value>) -> PyResult<Value> {
    if let Some(data) = v[0].downcast::<crate::runtime::types::bytes::Bytes>() {
        return image_of(data.0.clone(), "data", &v);
    }
    let path = match (&v[0], &v[1], &v[2]) {
        (_, _, name) if !name.is_none() => format::str(name)?,
        (Value::None, url, _) if !url.is_none() => return Err(no_url("Image")),
        (Value::None, ..) => {
            return Err(Exception::value_error(
                "No image data found. Expecting filename, url, or data.",
            ));
        }
        (path, ..) => format::str(path)?,
    };
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(no_url("Image"));
    }
    image_of(read(&path)?, &path, &v)
}

/// An image from the content of a file.
fn image_of(bytes: Vec<u8>, path: &str, v: &[Value]) -> PyResult<Value> {
    let mime = match image::guess_format(&bytes) {
        Ok(image::ImageFormat::Png) => "image/png",
        Ok(image::ImageFormat::Jpeg) => "image/jpeg",
        Ok(image::ImageFormat::Gif) => "image/gif",
        _ => {
            return Err(Exception::value_error(format!("Cannot embed '{path}'"))
                .with_expected("a PNG, JPEG or GIF file"));
        }
    };
    let natural = image::ImageReader::new(std::io::Cursor::new(&bytes))
        .with_guessed_format()
        .ok()
        .and_then(|reader| reader.into_dimensions().ok());
    let side = |value: &Value, name: &str| -> PyResult<Option<f64>> {
        if value.is_none() { Ok(None) } else { value.as_float(name).map(|s| Some(s.max(1.0))) }
    };
    let (width, height) = (side(&v[5], "width")?, side(&v[6], "height")?);
    let mut bundle = Bundle::default()
        .with_bytes(mime, Arc::<[u8]>::from(bytes))
        .with_text("text/plain", "<IPython.core.display.Image object>");
    if let (Some((natural_width, natural_height)), true) =
        (natural, width.is_some() || height.is_some())
    {
        let ratio = f64::from(natural_height) / f64::from(natural_width.max(1));
        let width = width.or(height.map(|h| h / ratio)).unwrap_or(1.0);
        let height = height.unwrap_or(width * ratio);
        bundle = bundle.with_size(width.round() as u32, height.round() as u32);
    }
    Ok(Value::object(Rich { class: "Image", bundle }))
}

/// Plain values as JSON.
fn to_json(value: &Value, depth: usize) -> PyResult<serde_json::Value> {
    if depth > 100 {
        return Err(Exception::value_error("the data is nested too deeply (or holds itself)"));
    }
    let all = |items: &[Value]| -> PyResult<serde_json::Value> {
        items.iter().map(|item| to_json(item, depth + 1)).collect()
    };
    Ok(match value {
        Value::None => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Str(text) => text.to_string().into(),
        Value::List(items) => all(&items.borrow())?,
        Value::Tuple(items) => all(items)?,
        Value::Dict(entries) => {
            let mut map = serde_json::Map::new();
            for (key, item) in entries.borrow().iter() {
                map.insert(format::str(&key.0)?, to_json(item, depth + 1)?);
            }
            map.into()
        }
        Value::Object(object) => match object.as_scalar() {
            Some(scalar) if !matches!(scalar, Value::Object(_)) => to_json(&scalar, depth + 1)?,
            _ => {
                return Err(Exception::type_error(format!(
                    "Object of type {} is not JSON serializable",
                    object.type_name()
                )));
            }
        },
        Value::Set(_) => {
            return Err(Exception::type_error("Object of type set is not JSON serializable"));
        }
    })
}
