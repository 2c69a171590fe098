//! `np.load`, `np.save` and their relatives, and tables of text.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use half::f16;
use kerai_engine::data::npy::{Npy, NpyType, Npz, npz_to_bytes};
use kerai_engine::disk;

use super::arguments::{flag, integers, items};
use super::array::Array;
use super::convert::parse_float;
use super::dtype::DType;
use super::storage::{Shared, Storage};
use super::table::{Row, array, only, row, take};
use crate::runtime::object::Items;
use crate::runtime::{Arguments, Exception, Key, Object, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "load",
        "file, mmap_mode=None, allow_pickle=False, fix_imports=True, encoding='ASCII'",
        "The array of a .npy file, or the arrays of a .npz file by name.",
        |v| {
            let [file, ..] = take::<5>(v)?;
            load(&path(&file)?)
        },
    ),
    row("save", "file, arr, allow_pickle=True", "Writes an array to a .npy file.", |v| {
        let [file, arr, _pickle] = take(v)?;
        let path = with_extension(path(&file)?, "npy");
        write(&path, &to_npy(&array(&arr)?)?.to_bytes())?;
        Ok(Value::None)
    }),
    row("savez", "file, /, *args, **kwds", "Writes arrays to a .npz file, by name.", |v| {
        save_all(v, false)
    }),
    row(
        "savez_compressed",
        "file, /, *args, **kwds",
        "Writes arrays to a compressed .npz file, by name.",
        |v| save_all(v, true),
    ),
    row(
        "loadtxt",
        "fname, dtype=None, comments='#', delimiter=None, converters=None, skiprows=0, usecols=None, unpack=False, ndmin=0, encoding=None, max_rows=None, *, quotechar=None, like=None",
        "A table of numbers from a text file.",
        |v| {
            let [
                file,
                dtype,
                comments,
                delimiter,
                converters,
                skip,
                columns,
                unpack,
                ndmin,
                _encoding,
                most,
                _quote,
                _like,
            ] = take(v)?;
            only(
                &converters,
                false,
                "loadtxt(converters=)",
                "read with dtype=str and convert the columns",
            )?;
            let options = Table {
                comments: if comments.is_none() {
                    String::new()
                } else {
                    comments.as_str("comments")?.to_string()
                },
                delimiter: if delimiter.is_none() {
                    None
                } else {
                    Some(delimiter.as_str("delimiter")?.to_string())
                },
                skip: skip.as_int("skiprows")?.max(0) as usize,
                columns: if columns.is_none() { None } else { Some(integers(&columns)?) },
                most: if most.is_none() {
                    None
                } else {
                    Some(most.as_int("max_rows")?.max(0) as usize)
                },
                lenient: false,
                missing: f64::NAN,
            };
            let table = options.read(&lines(&file)?, DType::from_value(&dtype)?)?;
            finish(table, flag(&unpack)?, ndmin.as_int("ndmin")?)
        },
    ),
    row(
        "genfromtxt",
        "fname, dtype=None, comments='#', delimiter=None, skip_header=0, skip_footer=0, converters=None, missing_values=None, filling_values=None, usecols=None, names=None, unpack=False, encoding=None, max_rows=None, **kwargs",
        "A table of numbers from a text file; what is missing is NaN.",
        |v| {
            let [
                file,
                dtype,
                comments,
                delimiter,
                skip,
                footer,
                converters,
                _missing,
                filling,
                columns,
                names,
                unpack,
                _encoding,
                most,
                _rest,
            ] = take(v)?;
            only(
                &converters,
                false,
                "genfromtxt(converters=)",
                "read with dtype=str and convert the columns",
            )?;
            only(
                &names,
                matches!(names, Value::Bool(false)),
                "genfromtxt(names=)",
                "skip_header=1 skips the names; columns have numbers",
            )?;
            let options = Table {
                comments: if comments.is_none() {
                    String::new()
                } else {
                    comments.as_str("comments")?.to_string()
                },
                delimiter: if delimiter.is_none() {
                    None
                } else {
                    Some(delimiter.as_str("delimiter")?.to_string())
                },
                skip: skip.as_int("skip_header")?.max(0) as usize,
                columns: if columns.is_none() { None } else { Some(integers(&columns)?) },
                most: if most.is_none() {
                    None
                } else {
                    Some(most.as_int("max_rows")?.max(0) as usize)
                },
                lenient: true,
                missing: if filling.is_none() {
                    f64::NAN
                } else {
                    filling.as_float("filling_values")?
                },
            };
            let mut lines = lines(&file)?;
            lines.truncate(
                lines.len().saturating_sub(footer.as_int("skip_footer")?.max(0) as usize),
            );
            let dtype = DType::from_value(&dtype)?;
            finish(options.read(&lines, dtype)?, flag(&unpack)?, 0)
        },
    ),
    row(
        "savetxt",
        "fname, X, fmt='%.18e', delimiter=' ', newline='\\n', header='', footer='', comments='# ', encoding=None",
        "Writes a table of numbers to a text file.",
        save_text,
    ),
];

fn path(value: &Value) -> PyResult<PathBuf> {
    match value {
        Value::Str(text) => Ok(PathBuf::from(&**text)),
        Value::Object(object) => match object.attribute(value, "__fspath__")? {
            Some(_) => Ok(PathBuf::from(object.to_str()?)),
            None => match object.type_name().contains("Path") {
                true => Ok(PathBuf::from(object.to_str()?)),
                false => Err(Exception::not_supported(
                    "kerai's numpy reads and writes files by name, not open files",
                    "give the path of the file",
                )),
            },
        },
        other => Err(Exception::type_error(format!(
            "expected str, bytes or os.PathLike object, not {}",
            other.type_name()
        ))),
    }
}

fn with_extension(path: PathBuf, extension: &str) -> PathBuf {
    let text = path.to_string_lossy();
    if text.ends_with(&format!(".{extension}")) {
        return path;
    }
    PathBuf::from(format!("{text}.{extension}"))
}

fn io_error(error: &std::io::Error, path: &Path) -> Box<Exception> {
    let name = super::print::quoted(&path.to_string_lossy());
    match error.kind() {
        std::io::ErrorKind::NotFound => Exception::new(
            "FileNotFoundError",
            format!("[Errno 2] No such file or directory: {name}"),
        ),
        std::io::ErrorKind::PermissionDenied => {
            Exception::new("PermissionError", format!("[Errno 13] Permission denied: {name}"))
        }
        std::io::ErrorKind::IsADirectory => {
            Exception::new("IsADirectoryError", format!("[Errno 21] Is a directory: {name}"))
        }
        _ => Exception::new("OSError", format!("{error}: {name}")),
    }
}

fn read(path: &Path) -> PyResult<Vec<u8>> {
    disk::read(path).map_err(|error| io_error(&error, path))
}

fn write(path: &Path, bytes: &[u8]) -> PyResult<()> {
    disk::write(path, bytes).map_err(|error| io_error(&error, path))
}

fn engine_error(error: kerai_engine::error::Error) -> Box<Exception> {
    Box::<Exception>::from(error)
}

fn load(path: &Path) -> PyResult<Value> {
    let bytes = read(path)?;
    if bytes.is_empty() {
        return Err(Exception::new("EOFError", "No data left in file"));
    }
    if bytes.starts_with(b"PK") {
        let name = path.to_string_lossy().into_owned();
        let file = Npz::from_bytes(bytes).map_err(engine_error)?;
        let names = file.names();
        return Ok(Value::object(NpzFile { name, names, file: RefCell::new(file) }));
    }
    if bytes.starts_with(b"\x80") {
        return Err(Exception::not_supported(
            "this file is a pickle, which kerai does not run",
            "save the arrays with np.save or np.savez",
        ));
    }
    let npy = Npy::parse(&bytes).map_err(engine_error)?;
    Ok(Value::object(from_npy(&npy)))
}

/// The array of a file.
pub fn from_npy(npy: &Npy) -> Array {
    let bytes = &npy.bytes;
    macro_rules! numbers {
        ($name:ident, $type:ty) => {
            Storage::$name(
                bytes
                    .chunks_exact(size_of::<$type>())
                    .map(|b| <$type>::from_le_bytes(b.try_into().unwrap_or_default()))
                    .collect(),
            )
        };
    }
    let storage = match npy.dtype {
        NpyType::Bool => Storage::Bool(bytes.iter().map(|&b| b != 0).collect()),
        NpyType::UInt8 => Storage::UInt8(bytes.clone().into()),
        NpyType::Int8 => Storage::Int8(bytes.iter().map(|&b| b.cast_signed()).collect()),
        NpyType::Int16 => numbers!(Int16, i16),
        NpyType::Int32 => numbers!(Int32, i32),
        NpyType::Int64 => numbers!(Int64, i64),
        NpyType::UInt16 => numbers!(UInt16, u16),
        NpyType::UInt32 => numbers!(UInt32, u32),
        NpyType::UInt64 => numbers!(UInt64, u64),
        NpyType::Float16 => Storage::Float16(
            bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect(),
        ),
        NpyType::Float32 => numbers!(Float32, f32),
        NpyType::Float64 => numbers!(Float64, f64),
        NpyType::Unicode(width) => Storage::Str(texts(npy.len(), 4 * width, bytes, |item| {
            item.chunks_exact(4)
                .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .take_while(|&code| code != 0)
                .filter_map(char::from_u32)
                .collect()
        })),
        NpyType::Bytes(width) => Storage::Str(texts(npy.len(), width, bytes, |item| {
            String::from_utf8_lossy(item).trim_end_matches('\0').to_owned()
        })),
    };
    Array::from_storage(&npy.shape, storage)
}

fn texts(count: usize, size: usize, bytes: &[u8], f: impl Fn(&[u8]) -> String) -> Shared<Rc<str>> {
    (0..count).map(|i| Rc::from(f(&bytes[i * size..(i + 1) * size]))).collect()
}

/// An array as the content of a file.
pub fn to_npy(array: &Array) -> PyResult<Npy> {
    macro_rules! bytes {
        ($v:expr) => {
            $v.iter().flat_map(|x| x.to_le_bytes()).collect()
        };
    }
    let (dtype, bytes): (NpyType, Vec<u8>) = match &array.to_storage() {
        Storage::Bool(v) => (NpyType::Bool, v.iter().map(|&flag| u8::from(flag)).collect()),
        Storage::Int8(v) => (NpyType::Int8, bytes!(v)),
        Storage::Int16(v) => (NpyType::Int16, bytes!(v)),
        Storage::Int32(v) => (NpyType::Int32, bytes!(v)),
        Storage::Int64(v) => (NpyType::Int64, bytes!(v)),
        Storage::UInt8(v) => (NpyType::UInt8, v.to_vec()),
        Storage::UInt16(v) => (NpyType::UInt16, bytes!(v)),
        Storage::UInt32(v) => (NpyType::UInt32, bytes!(v)),
        Storage::UInt64(v) => (NpyType::UInt64, bytes!(v)),
        Storage::Float16(v) => (NpyType::Float16, bytes!(v)),
        Storage::Float32(v) => (NpyType::Float32, bytes!(v)),
        Storage::Float64(v) => (NpyType::Float64, bytes!(v)),
        Storage::Str(v) => {
            let width = array.text_width();
            let mut bytes = Vec::with_capacity(v.len() * width * 4);
            for text in v.iter() {
                let codes = text.chars().map(|c| c as u32).chain(std::iter::repeat(0));
                bytes.extend(codes.take(width).flat_map(u32::to_le_bytes));
            }
            (NpyType::Unicode(width), bytes)
        }
        Storage::BFloat16(_) => {
            return Err(Exception::not_supported(
                "a .npy file has no bfloat16",
                "save array.astype('float32'), which holds the same numbers",
            ));
        }
        Storage::Object(_) => {
            return Err(Exception::not_supported(
                "arrays of objects cannot be saved: they would need pickle",
                "save numbers or texts; json.dump writes dicts and lists",
            ));
        }
    };
    Ok(Npy { shape: array.shape().to_vec(), dtype, bytes })
}

fn save_all(v: Vec<Value>, compressed: bool) -> PyResult<Value> {
    let [file, args, named] = take(v)?;
    let path = with_extension(path(&file)?, "npz");
    let mut arrays = Vec::new();
    let named: Vec<(String, Value)> = match &named {
        Value::Dict(entries) => entries
            .borrow()
            .iter()
            .map(|(Key(name), value)| Ok((name.as_str("name")?.to_string(), value.clone())))
            .collect::<PyResult<_>>()?,
        _ => Vec::new(),
    };
    for (name, value) in &named {
        arrays.push((name.clone(), to_npy(&array(value)?)?));
    }
    for (i, value) in items(&args)?.iter().enumerate() {
        let name = format!("arr_{i}");
        if named.iter().any(|(other, _)| *other == name) {
            return Err(Exception::value_error(format!(
                "Cannot use un-named variables and keyword {name}"
            )));
        }
        arrays.push((name, to_npy(&array(value)?)?));
    }
    write(&path, &npz_to_bytes(&arrays, compressed).map_err(engine_error)?)?;
    Ok(Value::None)
}

/// What `np.load` gives for a .npz file.
pub struct NpzFile {
    name: String,
    names: Vec<String>,
    file: RefCell<Npz>,
}

impl NpzFile {
    fn get(&self, name: &str) -> PyResult<Value> {
        let plain = name.strip_suffix(".npy").unwrap_or(name);
        if !self.names.iter().any(|known| known == plain) {
            let message = format!("{name} is not a file in the archive");
            return Err(Exception::new("KeyError", super::print::quoted(&message))
                .with_expected(self.names.join(", ")));
        }
        let npy = self.file.borrow_mut().array(plain).map_err(engine_error)?;
        Ok(Value::object(from_npy(&npy)))
    }

    fn names(&self) -> Vec<Value> {
        self.names.iter().map(Value::str).collect()
    }
}

impl Object for NpzFile {
    fn type_name(&self) -> String {
        "NpzFile".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let shown: Vec<&str> = self.names.iter().take(5).map(String::as_str).collect();
        let more = if self.names.len() > 5 { "..." } else { "" };
        Ok(format!(
            "NpzFile {} with keys: {}{more}",
            super::print::quoted(&self.name),
            shown.join(", ")
        ))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "files" => Some(Value::list(self.names())),
            _ if self.names.iter().any(|known| known == name) => Some(self.get(name)?),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["files", "keys", "values", "items", "get", "close"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        let all = || self.names.iter().map(|name| self.get(name));
        Some(match name {
            "keys" => Ok(Value::list(self.names())),
            "values" => all().collect::<PyResult<Vec<_>>>().map(Value::list),
            "items" => self
                .names()
                .into_iter()
                .zip(all())
                .map(|(name, value)| Ok(Value::tuple(vec![name, value?])))
                .collect::<PyResult<Vec<_>>>()
                .map(Value::list),
            "get" => {
                let wanted = arguments.positional.first().cloned().unwrap_or(Value::None);
                let default = arguments.positional.get(1).cloned().unwrap_or(Value::None);
                match wanted.as_str("key") {
                    Ok(name) if self.names.iter().any(|known| **known == *name) => self.get(&name),
                    Ok(_) => Ok(default),
                    Err(error) => Err(error),
                }
            }
            "close" => Ok(Value::None),
            _ => return None,
        })
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.names.len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        self.get(&key.as_str("key")?)
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        Some(Ok(matches!(item, Value::Str(name) if self.names.iter().any(|n| **n == **name))))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        let mut names = self.names().into_iter();
        Some(Ok(Box::new(move || Ok(names.next()))))
    }

    fn enter(&self, this: &Value) -> Option<PyResult<Value>> {
        Some(Ok(this.clone()))
    }
}

/// The lines of a file, or of a list of texts.
fn lines(value: &Value) -> PyResult<Vec<String>> {
    match value {
        Value::List(_) | Value::Tuple(_) => {
            items(value)?.iter().map(|line| Ok(line.as_str("line")?.to_string())).collect()
        }
        Value::Object(object) if object.iterate(value).is_some() => {
            // An open file, or whatever gives lines.
            items(value)?.iter().map(|line| Ok(line.as_str("line")?.to_string())).collect()
        }
        other => {
            let path = path(other)?;
            let bytes = disk::read(&path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => Exception::new(
                    "FileNotFoundError",
                    format!("{} not found.", path.to_string_lossy()),
                ),
                _ => io_error(&error, &path),
            })?;
            Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
        }
    }
}

/// How a table of text is read.
struct Table {
    comments: String,
    delimiter: Option<String>,
    skip: usize,
    columns: Option<Vec<i64>>,
    most: Option<usize>,
    /// Missing and wrong fields become a number instead of an error.
    lenient: bool,
    missing: f64,
}

impl Table {
    fn read(&self, lines: &[String], dtype: DType) -> PyResult<Array> {
        let mut storage = Storage::with_capacity(dtype, 0);
        let (mut rows, mut width) = (0, None);
        for (number, line) in lines.iter().enumerate().skip(self.skip) {
            if self.most == Some(rows) {
                break;
            }
            let line = match line.split_once(self.comments.as_str()) {
                Some((before, _)) if !self.comments.is_empty() => before,
                _ => line,
            };
            if line.trim().is_empty() {
                continue;
            }
            let mut fields: Vec<&str> = match &self.delimiter {
                Some(delimiter) => {
                    line.trim_end_matches(['\r', '\n']).split(delimiter.as_str()).collect()
                }
                None => line.split_whitespace().collect(),
            };
            if let Some(columns) = &self.columns {
                let all = fields.clone();
                fields = columns
                    .iter()
                    .map(|&column| {
                        let at = if column < 0 { column + all.len() as i64 } else { column };
                        usize::try_from(at).ok().and_then(|at| all.get(at).copied()).ok_or_else(
                            || {
                                Exception::value_error(format!(
                                    "invalid column index {column} at row {} with {} columns",
                                    rows + 1,
                                    all.len()
                                ))
                            },
                        )
                    })
                    .collect::<PyResult<_>>()?;
            }
            let wanted = *width.get_or_insert(fields.len());
            if fields.len() != wanted {
                return Err(Exception::value_error(format!(
                    "the number of columns changed from {wanted} to {} at row {}; use `usecols` \
                     to select a subset and avoid this error",
                    fields.len(),
                    number + 1
                )));
            }
            for (column, field) in fields.iter().enumerate() {
                self.push(&mut storage, dtype, field.trim(), (rows, column))?;
            }
            rows += 1;
        }
        let width = width.unwrap_or(0);
        if rows == 0 {
            return Ok(Array::from_storage(&[0], storage));
        }
        Ok(Array::from_storage(&[rows, width], storage))
    }

    fn push(
        &self,
        storage: &mut Storage,
        dtype: DType,
        field: &str,
        (row, column): (usize, usize),
    ) -> PyResult<()> {
        if let Storage::Str(v) = storage {
            v.push(Rc::from(field));
            return Ok(());
        }
        if dtype.is_integer()
            && let Ok(number) = field.parse::<i64>()
        {
            storage.extend_numbers(&[number]);
            return Ok(());
        }
        let number = match parse_float(field) {
            Some(number) => number,
            None if self.lenient => self.missing,
            None => {
                return Err(Exception::value_error(format!(
                    "could not convert string {} to {dtype} at row {row}, column {}.",
                    super::print::quoted(field),
                    column + 1
                )));
            }
        };
        storage.extend_numbers(&[number]);
        Ok(())
    }
}

fn finish(table: Array, unpack: bool, ndmin: i64) -> PyResult<Value> {
    let table = match (table.shape(), ndmin) {
        (&[1, 1], 0) => table.reshaped(&[])?,
        (&[n, 1] | &[1, n], 0 | 1) => table.reshaped(&[n])?,
        _ => table,
    };
    Ok(Value::object(if unpack { table.transposed() } else { table }))
}

fn save_text(v: Vec<Value>) -> PyResult<Value> {
    let [file, x, fmt, delimiter, newline, header, footer, comments, _encoding] = take(v)?;
    let path = path(&file)?;
    let x = array(&x)?;
    let (rows, columns) = match *x.shape() {
        [] => (1, 1),
        [n] => (n, 1),
        [n, m] => (n, m),
        _ => {
            return Err(Exception::value_error(format!(
                "Expected 1D or 2D array, got {}D array instead",
                x.ndim()
            )));
        }
    };
    let delimiter = delimiter.as_str("delimiter")?;
    let newline = newline.as_str("newline")?.replace("\\n", "\n");
    let comments = comments.as_str("comments")?;
    let formats: Vec<Value> = match &fmt {
        Value::List(_) | Value::Tuple(_) => items(&fmt)?,
        single => vec![single.clone(); columns],
    };
    if formats.len() != columns {
        return Err(Exception::new(
            "AttributeError",
            format!("fmt has wrong shape.  {}", super::describe(&fmt)),
        ));
    }
    let mut out = String::new();
    let note = |out: &mut String, text: &Value| -> PyResult<()> {
        let text = text.as_str("header")?;
        if !text.is_empty() {
            out.push_str(&comments);
            out.push_str(&text.replace('\n', &format!("\n{comments}")));
            out.push_str(&newline);
        }
        Ok(())
    };
    note(&mut out, &header)?;
    let all = x.items();
    for row in 0..rows {
        for (column, format) in formats.iter().enumerate() {
            if column > 0 {
                out.push_str(&delimiter);
            }
            let item = super::convert::plain(&all[row * columns + column]);
            let text = crate::runtime::operators::binary(
                crate::runtime::BinaryOp::Mod,
                format,
                &Value::tuple(vec![item]),
            )?;
            out.push_str(&text.as_str("fmt")?);
        }
        out.push_str(&newline);
    }
    note(&mut out, &footer)?;
    write(&path, out.as_bytes())?;
    Ok(Value::None)
}
