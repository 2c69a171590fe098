//! Files as `open` gives them: text and bytes, line by line or whole, closed by `with`; and the errors of the file system.

use super::super::object::Items;
use super::super::{Arguments, Exception, Object, PyResult, Value};
use super::super::{attributes, context, format, iterate};
use super::{args, bytes};
use kerai_engine::disk::{self, Keep};
use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};

const METHODS: &[&str] = &[
    "close",
    "fileno",
    "flush",
    "isatty",
    "read",
    "readable",
    "readline",
    "readlines",
    "seek",
    "seekable",
    "tell",
    "truncate",
    "writable",
    "write",
    "writelines",
];

/// What a file object reads from and writes to.
pub(crate) enum Store {
    /// A file of the system.
    Disk(BufReader<fs::File>),
    /// `io.StringIO` and `io.BytesIO`
    Memory(io::Cursor<Vec<u8>>),
}

impl Read for Store {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Store::Disk(file) => file.read(buffer),
            Store::Memory(memory) => memory.read(buffer),
        }
    }
}

impl BufRead for Store {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Store::Disk(file) => file.fill_buf(),
            Store::Memory(memory) => memory.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Store::Disk(file) => file.consume(amount),
            Store::Memory(memory) => memory.consume(amount),
        }
    }
}

impl Seek for Store {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Store::Disk(file) => file.seek(to),
            Store::Memory(memory) => memory.seek(to),
        }
    }
}

/// An open file: its store, and what was written but not yet handed over.
struct Open {
    store: Store,
    pending: Vec<u8>,
}

impl Open {
    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        match &mut self.store {
            Store::Disk(file) => {
                // Drops what was read ahead, so that writing goes on where the program stands.
                file.stream_position().and_then(|at| file.seek(SeekFrom::Start(at)))?;
                file.get_mut().write_all(&pending)
            }
            Store::Memory(memory) => memory.write_all(&pending),
        }
    }
}

/// A file object.
pub(crate) struct File {
    name: String,
    mode: String,
    encoding: String,
    errors: String,
    newline: Option<String>,
    is_text: bool,
    can_read: bool,
    can_write: bool,
    class: &'static str,
    open: RefCell<Option<Open>>,
}

/// The exception for an error of the file system, as Python words it.
pub(crate) fn os_error(error: &io::Error, path: &str) -> Box<Exception> {
    let (class, number, text) = match error.kind() {
        ErrorKind::NotFound => ("FileNotFoundError", 2, "No such file or directory"),
        ErrorKind::PermissionDenied => ("PermissionError", 13, "Permission denied"),
        ErrorKind::AlreadyExists => ("FileExistsError", 17, "File exists"),
        ErrorKind::NotADirectory => ("NotADirectoryError", 20, "Not a directory"),
        ErrorKind::IsADirectory => ("IsADirectoryError", 21, "Is a directory"),
        ErrorKind::StorageFull => ("OSError", 28, "No space left on device"),
        ErrorKind::DirectoryNotEmpty => ("OSError", 39, "Directory not empty"),
        _ => {
            let number = error.raw_os_error().unwrap_or(5);
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or("");
            return Exception::new(
                "OSError",
                format!("[Errno {number}] {text}: {}", format::quote(path)),
            );
        }
    };
    let message = format!("[Errno {number}] {text}: {}", format::quote(path));
    let error = Exception::new(class, message);
    if class == "FileNotFoundError" { nearby(error, path) } else { error }
}

/// Names the folder that was searched, and a file there that is meant perhaps.
fn nearby(error: Box<Exception>, path: &str) -> Box<Exception> {
    let path = std::path::Path::new(path);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => std::path::PathBuf::from("."),
    };
    let Ok(names) = disk::names(&folder) else {
        return error.with_hint(format!("the folder {} does not exist", folder.display()));
    };
    let names: Vec<_> = names.iter().take(500).map(|name| name.to_string_lossy()).collect();
    let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let near = wanted.as_deref().and_then(|wanted| {
        kerai_engine::suggest::nearest(wanted, names.iter().map(|name| &**name))
    });
    match near {
        Some(near) => error.with_hint(format!("did you mean {}?", format::quote(near))),
        None => error,
    }
}

/// The text of a path: a `str`, or an object with `__fspath__` such as `pathlib.Path`.
pub(crate) fn path_text(value: &Value) -> PyResult<String> {
    match value {
        Value::Str(text) => return Ok(text.to_string()),
        Value::Object(object) => {
            if let Some(data) = value.downcast::<bytes::Bytes>() {
                return bytes::decode(&data.0, "utf-8", "strict");
            }
            if let Some(method) = object.attribute(value, "__fspath__")? {
                return format::str(&context::call(&method, Arguments::default())?);
            }
        }
        _ => {}
    }
    Err(Exception::type_error(format!(
        "expected str, bytes or os.PathLike object, not {}",
        value.type_name()
    )))
}

/// `open(file, mode, ...)` over values bound by [`OPEN_SIGNATURE`].
pub(crate) fn open(values: Vec<Value>) -> PyResult<Value> {
    let [path, mode, _buffering, encoding, errors, newline] = &values[..] else {
        return Ok(Value::None);
    };
    let path = path_text(path)?;
    let mode = mode.as_str("open() argument 'mode'")?;
    let optional = |value: &Value, what: &str, default: &str| {
        if value.is_none() {
            Ok(default.to_owned())
        } else {
            value.as_str(what).map(|t| t.to_string())
        }
    };
    let is_text = !mode.contains('b');
    let plus = mode.contains('+');
    let kinds: Vec<char> = mode.chars().filter(|c| "rwax".contains(*c)).collect();
    if let Some(bad) = mode.chars().find(|c| !"rwaxbt+".contains(*c)) {
        return Err(Exception::value_error(format!("invalid mode: {}", format::quote(&mode)))
            .with_received(format!("'{bad}' in the mode"))
            .with_expected("'r', 'w', 'a' or 'x', with 'b' for bytes and '+' for both ways"));
    }
    let [kind] = kinds[..] else {
        return Err(Exception::value_error(
            "must have exactly one of create/read/write/append mode",
        ));
    };
    if is_text && mode.contains('t') && mode.contains('b') {
        return Err(Exception::value_error("can't have text and binary mode at once"));
    }
    if !is_text && !encoding.is_none() {
        return Err(Exception::value_error("binary mode doesn't take an encoding argument"));
    }
    let mut options = OpenOptions::new();
    options.read(kind == 'r' || plus);
    match kind {
        'r' => options.write(plus),
        'w' => options.write(true).create(true).truncate(true),
        'a' => options.append(true).create(true),
        _ => options.write(true).create_new(true),
    };
    let keep = if kind == 'w' { Keep::Nothing } else { Keep::Content };
    let file = match kind {
        'r' if !plus => disk::open(&path),
        _ => disk::open_to_write(&path, &options, keep),
    };
    let file = file.map_err(|error| os_error(&error, &path))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(os_error(&io::Error::from(ErrorKind::IsADirectory), &path));
    }
    let encoding = optional(encoding, "open() argument 'encoding'", "utf-8")?;
    bytes::decode(b"", &encoding, "strict")?;
    Ok(Value::object(File {
        name: path,
        mode: mode.to_string(),
        encoding,
        errors: optional(errors, "open() argument 'errors'", "strict")?,
        newline: if newline.is_none() {
            None
        } else {
            Some(newline.as_str("newline")?.to_string())
        },
        is_text,
        can_read: kind == 'r' || plus,
        can_write: kind != 'r' || plus,
        class: if is_text { "TextIOWrapper" } else { "BufferedReader" },
        open: RefCell::new(Some(Open {
            store: Store::Disk(BufReader::new(file)),
            pending: Vec::new(),
        })),
    }))
}

/// `io.StringIO(text)` or `io.BytesIO(bytes)`
pub(crate) fn memory(content: Vec<u8>, is_text: bool) -> Value {
    Value::object(File {
        name: String::new(),
        mode: "r+".to_owned(),
        encoding: "utf-8".to_owned(),
        errors: "strict".to_owned(),
        newline: Some(String::new()),
        is_text,
        can_read: true,
        can_write: true,
        class: if is_text { "StringIO" } else { "BytesIO" },
        open: RefCell::new(Some(Open {
            store: Store::Memory(io::Cursor::new(content)),
            pending: Vec::new(),
        })),
    })
}

/// The parameters of `open`.
pub(crate) const OPEN_SIGNATURE: &str =
    "file, mode='r', buffering=-1, encoding=None, errors=None, newline=None";

impl File {
    fn with<T>(&self, work: impl FnOnce(&mut Open) -> io::Result<T>) -> PyResult<T> {
        let mut open = self.open.borrow_mut();
        match open.as_mut() {
            Some(open) => work(open).map_err(|error| os_error(&error, &self.name)),
            None => Err(Exception::value_error("I/O operation on closed file.")),
        }
    }

    fn close(&self) -> PyResult<()> {
        let taken = self.open.borrow_mut().take();
        match taken {
            Some(mut open) => open.flush().map_err(|error| os_error(&error, &self.name)),
            None => Ok(()),
        }
    }

    fn check_readable(&self) -> PyResult<()> {
        if self.can_read {
            return Ok(());
        }
        Err(Exception::new("UnsupportedOperation", "not readable")
            .with_received(format!("mode '{}'", self.mode))
            .with_hint("open(path) or open(path, 'r') reads"))
    }

    fn check_writable(&self) -> PyResult<()> {
        if self.can_write {
            return Ok(());
        }
        Err(Exception::new("UnsupportedOperation", "not writable")
            .with_received(format!("mode '{}'", self.mode))
            .with_hint("open(path, 'w') writes a new file, 'a' appends"))
    }

    fn value_of(&self, data: Vec<u8>) -> PyResult<Value> {
        if !self.is_text {
            return Ok(bytes::value(data));
        }
        let text = bytes::decode(&data, &self.encoding, &self.errors)?;
        if self.newline.is_none() && text.contains('\r') {
            return Ok(Value::str(text.replace("\r\n", "\n").replace('\r', "\n")));
        }
        Ok(Value::str(text))
    }

    fn read(&self, size: i64) -> PyResult<Value> {
        self.check_readable()?;
        let mut data = Vec::new();
        self.with(|open| {
            open.flush()?;
            let Ok(size) = usize::try_from(size) else {
                return open.store.read_to_end(&mut data).map(|_| ());
            };
            if !self.is_text {
                return open.store.by_ref().take(size as u64).read_to_end(&mut data).map(|_| ());
            }
            // A text file counts characters: bytes that continue one do not count.
            let mut count = 0;
            loop {
                let Some(&byte) = open.store.fill_buf()?.first() else { return Ok(()) };
                let starts = (byte & 0xc0) != 0x80 || self.encoding.starts_with("lat");
                if starts && count == size {
                    return Ok(());
                }
                count += usize::from(starts);
                data.push(byte);
                open.store.consume(1);
            }
        })?;
        self.value_of(data)
    }

    /// The next line with its end; `None` at the end of the file.
    fn line(&self) -> PyResult<Option<Value>> {
        self.check_readable()?;
        let mut data = Vec::new();
        self.with(|open| {
            open.flush()?;
            open.store.read_until(b'\n', &mut data)
        })?;
        if data.is_empty() { Ok(None) } else { self.value_of(data).map(Some) }
    }

    fn write(&self, value: &Value) -> PyResult<i64> {
        self.check_writable()?;
        let (data, count) = if self.is_text {
            let Value::Str(text) = value else {
                return Err(Exception::type_error(format!(
                    "write() argument must be str, not {}",
                    value.type_name()
                ))
                .with_hint("str(value) or f\"{value}\" makes text of it"));
            };
            (bytes::encode(text, &self.encoding, &self.errors)?, text.chars().count())
        } else {
            let data = bytes::expect(value)?;
            let count = data.len();
            (data, count)
        };
        self.with(|open| {
            open.pending.extend_from_slice(&data);
            const FULL: usize = 1 << 16;
            if open.pending.len() >= FULL { open.flush() } else { Ok(()) }
        })?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    fn seek(&self, offset: i64, whence: i64) -> PyResult<i64> {
        let to = match whence {
            0 => match u64::try_from(offset) {
                Ok(offset) => SeekFrom::Start(offset),
                Err(_) => {
                    return Err(Exception::value_error(format!("negative seek position {offset}")));
                }
            },
            1 => SeekFrom::Current(offset),
            _ => SeekFrom::End(offset),
        };
        let at = self.with(|open| {
            open.flush()?;
            open.store.seek(to)
        })?;
        Ok(i64::try_from(at).unwrap_or(i64::MAX))
    }

    fn method(&self, name: &str, arguments: Arguments) -> PyResult<Value> {
        let values = args::between(name, 0, 2, arguments)?;
        let first = |default: i64| match values.first() {
            None | Some(Value::None) => Ok(default),
            Some(value) => args::index(value),
        };
        Ok(match name {
            "read" => return self.read(first(-1)?),
            "readline" => match self.line()? {
                Some(line) => line,
                None => return self.value_of(Vec::new()),
            },
            "readlines" => {
                let mut lines = Vec::new();
                while let Some(line) = self.line()? {
                    lines.push(line);
                }
                Value::list(lines)
            }
            "write" => {
                let Some(value) = values.first() else {
                    return Err(Exception::type_error(
                        "write() takes exactly one argument (0 given)",
                    ));
                };
                Value::Int(self.write(value)?)
            }
            "writelines" => {
                for line in iterate::collect(values.first().unwrap_or(&Value::None))? {
                    self.write(&line)?;
                }
                Value::None
            }
            "flush" => self.with(Open::flush).map(|()| Value::None)?,
            "close" => self.close().map(|()| Value::None)?,
            "seek" => {
                let whence = values.get(1).map_or(Ok(0), args::index)?;
                Value::Int(self.seek(first(0)?, whence)?)
            }
            "tell" => Value::Int(self.seek(0, 1)?),
            "truncate" => {
                let at = if values.is_empty() { self.seek(0, 1)? } else { first(0)? };
                let length = u64::try_from(at).unwrap_or(0);
                self.with(|open| {
                    open.flush()?;
                    match &mut open.store {
                        Store::Disk(file) => file.get_mut().set_len(length),
                        Store::Memory(memory) => {
                            memory.get_mut().truncate(usize::try_from(length).unwrap_or(0));
                            Ok(())
                        }
                    }
                })?;
                Value::Int(at)
            }
            "readable" => Value::Bool(self.can_read),
            "writable" => Value::Bool(self.can_write),
            "seekable" => Value::Bool(true),
            "isatty" => Value::Bool(false),
            _ => {
                return Err(Exception::new("UnsupportedOperation", name));
            }
        })
    }

    /// `StringIO.getvalue()`
    fn content(&self) -> PyResult<Value> {
        let data = self.with(|open| {
            open.flush()?;
            match &open.store {
                Store::Memory(memory) => Ok(memory.get_ref().clone()),
                Store::Disk(_) => Ok(Vec::new()),
            }
        })?;
        self.value_of(data)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file that nobody closed keeps what was written; there is nobody left to tell about an error.
        let _ = self.close();
    }
}

impl Object for File {
    fn type_name(&self) -> String {
        match (self.class, self.can_write) {
            ("BufferedReader", true) => "BufferedWriter".to_owned(),
            (class, _) => class.to_owned(),
        }
    }

    fn repr(&self) -> PyResult<String> {
        if self.name.is_empty() {
            return Ok(format!("<_io.{} object at {}>", self.class, format::address(self)));
        }
        let name = format::quote(&self.name);
        Ok(if self.is_text {
            format!(
                "<_io.TextIOWrapper name={name} mode='{}' encoding='{}'>",
                self.mode,
                if self.encoding == "utf-8" { "UTF-8" } else { &self.encoding }
            )
        } else {
            format!("<_io.{} name={name}>", self.type_name())
        })
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.name)),
            "mode" => Some(Value::str(&self.mode)),
            "encoding" if self.is_text => Some(Value::str(&self.encoding)),
            "closed" => Some(Value::Bool(self.open.borrow().is_none())),
            "getvalue" if self.name.is_empty() => Some(attributes::bound(this, name)),
            _ if METHODS.contains(&name) => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        let names = ["closed", "encoding", "mode", "name"];
        names.iter().chain(METHODS).map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        match name {
            "getvalue" if self.name.is_empty() => Some(self.content()),
            _ if METHODS.contains(&name) => Some(self.method(name, arguments)),
            _ => None,
        }
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let file = this.downcast::<File>()?;
        Some(Ok(Box::new(move || file.line())))
    }

    fn next(&self, _this: &Value) -> Option<PyResult<Option<Value>>> {
        Some(self.line())
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn enter(&self, this: &Value) -> Option<PyResult<Value>> {
        if self.open.borrow().is_none() {
            return Some(Err(Exception::value_error("I/O operation on closed file.")));
        }
        Some(Ok(this.clone()))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        self.close().map(|()| false)
    }
}

/// `sys.stdout` and `sys.stderr`: what is written there leaves through the session.
pub(crate) struct Stream {
    /// Standard error.
    pub(crate) is_error: bool,
}

impl Object for Stream {
    fn type_name(&self) -> String {
        "TextIOWrapper".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let name = if self.is_error { "<stderr>" } else { "<stdout>" };
        Ok(format!("<_io.TextIOWrapper name='{name}' mode='w' encoding='utf-8'>"))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "write" | "writelines" | "flush" | "isatty" => Some(attributes::bound(this, name)),
            "encoding" => Some(Value::str("utf-8")),
            "name" => Some(Value::str(if self.is_error { "<stderr>" } else { "<stdout>" })),
            "closed" => Some(Value::Bool(false)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["encoding", "flush", "isatty", "name", "write", "writelines"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        let send = |value: &Value| -> PyResult<i64> {
            let Value::Str(text) = value else {
                return Err(Exception::type_error(format!(
                    "write() argument must be str, not {}",
                    value.type_name()
                )));
            };
            if self.is_error {
                context::error_text(text);
            } else {
                context::text(text);
            }
            Ok(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
        };
        Some(match name {
            "write" => args::one("TextIOWrapper.write", arguments)
                .and_then(|value| send(&value).map(Value::Int)),
            "writelines" => args::one("TextIOWrapper.writelines", arguments).and_then(|lines| {
                for line in iterate::collect(&lines)? {
                    send(&line)?;
                }
                Ok(Value::None)
            }),
            "flush" => args::none("TextIOWrapper.flush", arguments).map(|()| Value::None),
            "isatty" => {
                Ok(Value::Bool(matches!(context::style(), crate::sink::Style::Terminal { .. })))
            }
            _ => return None,
        })
    }
}
