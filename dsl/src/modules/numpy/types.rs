//! `np.dtype` objects and the classes of scalars (`np.float32`, `np.floating`, `np.ndarray`).

use super::array::Array;
use super::dtype::DType;
use super::scalar::Scalar;
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, CompareOp, Exception, Object, PyResult, Signature, Value};

/// `np.dtype("float32")`, as `x.dtype` gives it.
pub struct DTypeValue {
    /// The element type.
    pub dtype: DType,
    /// Characters of strings.
    pub width: usize,
}

impl DTypeValue {
    /// As a value of the language.
    pub fn value(dtype: DType) -> Value {
        Value::object(DTypeValue { dtype, width: 0 })
    }

    /// The dtype of an array, with the width of its strings.
    pub fn of(array: &Array) -> Value {
        let width = if array.dtype() == DType::Str { array.text_width() } else { 0 };
        Value::object(DTypeValue { dtype: array.dtype(), width })
    }

    fn text(&self) -> String {
        match self.dtype {
            DType::Str => format!("<U{}", self.width),
            other => other.name().to_owned(),
        }
    }
}

/// Whether a value that stands for a dtype is this one; `None`: it stands for none.
fn same_dtype(dtype: DType, other: &Value) -> Option<bool> {
    if other.is_none() {
        return Some(false);
    }
    if let Some(class) = other.downcast::<ScalarType>() {
        return Some(class.dtype == Some(dtype));
    }
    match DType::from_value(other) {
        Ok(other) => Some(other == dtype),
        // As numpy: text that names no dtype is an error there, but comparing is what people do to test.
        Err(_) => Some(false),
    }
}

impl Object for DTypeValue {
    fn type_name(&self) -> String {
        "dtype".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(match self.dtype {
            DType::Object => "dtype('O')".to_owned(),
            DType::BFloat16 => "dtype(bfloat16)".to_owned(),
            _ => format!("dtype('{}')", self.text()),
        })
    }

    fn to_str(&self) -> PyResult<String> {
        Ok(self.text())
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(true)
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let bytes = self.dtype.item_size() * if self.dtype == DType::Str { self.width } else { 1 };
        Ok(Some(match name {
            "name" | "__name__" => Value::str(match self.dtype {
                DType::Str => format!("str{}", self.width * 32),
                other => other.name().to_owned(),
            }),
            "itemsize" => Value::Int(bytes as i64),
            "kind" => Value::str(match self.dtype {
                DType::BFloat16 => 'V'.to_string(),
                other => other.kind().to_string(),
            }),
            "char" => Value::str(self.dtype.char().to_string()),
            "str" => Value::str(match self.dtype {
                DType::Str => self.text(),
                other => other.code(),
            }),
            "type" => ScalarType::value(self.dtype),
            "ndim" => Value::Int(0),
            "shape" => Value::tuple(Vec::new()),
            "names" | "fields" => Value::None,
            "byteorder" => Value::str(if bytes == 1 { "|" } else { "=" }),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["name", "itemsize", "kind", "char", "str", "type", "byteorder"].map(str::to_owned).to_vec()
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let same = same_dtype(self.dtype, other)?;
        match op {
            CompareOp::Eq => Some(Ok(Value::Bool(same))),
            CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(0x6474_7970_6500 + self.dtype as u64))
    }
}

/// A class of scalars: `np.float32`, or an abstract one such as `np.floating`.
pub struct ScalarType {
    /// `float32`
    pub name: &'static str,
    /// What it makes; abstract classes make nothing.
    pub dtype: Option<DType>,
    /// The kinds of dtype whose scalars are instances (`"iu"`), for abstract classes.
    kinds: &'static str,
}

/// The abstract classes and the kinds below them.
pub(crate) const ABSTRACT: [(&str, &str); 10] = [
    ("generic", "biufU"),
    ("number", "iuf"),
    ("integer", "iu"),
    ("signedinteger", "i"),
    ("unsignedinteger", "u"),
    ("inexact", "f"),
    ("floating", "f"),
    ("character", "U"),
    ("flexible", "U"),
    ("complexfloating", ""),
];

thread_local! {
    static CLASSES: indexmap::IndexMap<&'static str, Value> = make_classes();
}

fn make_classes() -> indexmap::IndexMap<&'static str, Value> {
    let mut classes = indexmap::IndexMap::new();
    for dtype in super::dtype::ALL {
        let name = match dtype {
            DType::Str => "str_",
            DType::Object => "object_",
            other => other.name(),
        };
        let class = ScalarType { name, dtype: Some(dtype), kinds: "" };
        classes.insert(name, Value::object(class));
    }
    for (name, kinds) in ABSTRACT.into_iter().chain([("ndarray", ""), ("dtype", "")]) {
        classes.insert(name, Value::object(ScalarType { name, dtype: None, kinds }));
    }
    let aliases = [
        ("bool_", "bool"),
        ("byte", "int8"),
        ("short", "int16"),
        ("intc", "int32"),
        ("int_", "int64"),
        ("intp", "int64"),
        ("long", "int64"),
        ("longlong", "int64"),
        ("ubyte", "uint8"),
        ("ushort", "uint16"),
        ("uintc", "uint32"),
        ("uint", "uint64"),
        ("uintp", "uint64"),
        ("half", "float16"),
        ("single", "float32"),
        ("double", "float64"),
    ];
    for (alias, name) in aliases {
        if let Some(class) = classes.get(name).cloned() {
            classes.insert(alias, class);
        }
    }
    classes
}

/// The names of all classes.
pub(crate) fn class_names() -> Vec<String> {
    // bfloat16 is a type of ml_dtypes, and no member of numpy.
    let own = |name: &&&str| **name != DType::BFloat16.name();
    CLASSES.with(|classes| classes.keys().filter(own).map(|name| (*name).to_owned()).collect())
}

impl ScalarType {
    /// The class of a dtype's scalars.
    pub fn value(dtype: DType) -> Value {
        let name = match dtype {
            DType::Str => "str_",
            DType::Object => "object_",
            other => other.name(),
        };
        ScalarType::named(name)
    }

    /// A class by its name; each is made once, so that `type(x) is np.ndarray` holds.
    pub(crate) fn named(name: &str) -> Value {
        CLASSES.with(|classes| classes.get(name).cloned().unwrap_or(Value::None))
    }

    /// Whether a dtype's scalars are instances of this class.
    pub fn has(&self, dtype: DType) -> bool {
        match self.dtype {
            Some(own) => own == dtype,
            None => self.kinds.contains(dtype.kind()),
        }
    }

    /// `isinstance(value, this class)`
    pub fn is_instance(&self, value: &Value) -> bool {
        if self.name == "ndarray" {
            return value.downcast::<Array>().is_some();
        }
        if self.name == "dtype" {
            return value.downcast::<DTypeValue>().is_some();
        }
        value.downcast::<Scalar>().is_some_and(|scalar| self.has(scalar.dtype))
    }

    /// The dtype, where one is needed; abstract classes stand for the default of their kind.
    pub(crate) fn concrete(&self) -> PyResult<DType> {
        match (self.dtype, self.kinds) {
            (Some(dtype), _) => Ok(dtype),
            (None, "iu" | "i") => Ok(DType::Int64),
            (None, "u") => Ok(DType::UInt64),
            (None, "iuf" | "f") => Ok(DType::Float64),
            _ => Err(Exception::type_error(format!(
                "Cannot interpret '<class 'numpy.{}'>' as a data type",
                self.name
            ))),
        }
    }
}

impl Object for ScalarType {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let module = if self.dtype == Some(DType::BFloat16) { "ml_dtypes" } else { "numpy" };
        Ok(format!("<class '{module}.{}'>", self.name))
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(true)
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "__name__" | "__qualname__" => Value::str(self.name),
            "__module__" => Value::str("numpy"),
            "dtype" => match self.dtype {
                Some(dtype) => DTypeValue::value(dtype),
                None => return Ok(None),
            },
            // `np.dtype.type` of a class is the class; lets code treat both alike.
            "type" => this.clone(),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        vec!["__name__".to_owned(), "dtype".to_owned()]
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        if self.name == "dtype" {
            let [spec] = bind::<1>("dtype", "dtype", arguments)?;
            return match &spec {
                Value::Object(_) if spec.downcast::<DTypeValue>().is_some() => Ok(spec),
                _ => Ok(DTypeValue::value(DType::from_value(&spec)?)),
            };
        }
        if self.name == "ndarray" {
            let [shape, dtype] = bind::<2>("ndarray", "shape, dtype=None", arguments)?;
            let shape = super::arguments::shape(&shape)?;
            return Ok(Value::object(Array::zeros(&shape, DType::from_value(&dtype)?)));
        }
        let Some(dtype) = self.dtype else {
            return Err(Exception::type_error(format!(
                "cannot create 'numpy.{}' instances",
                self.name
            )));
        };
        if arguments.positional.is_empty() && arguments.keywords.is_empty() {
            return Ok(Array::zeros(&[], dtype).to_value());
        }
        let [value] = bind::<1>(self.name, "value, /", arguments)?;
        if matches!(value, Value::None) && dtype.is_float() {
            return Ok(Array::scalar(f64::NAN).cast(dtype)?.to_value());
        }
        Ok(Array::from_value(&value, Some(dtype))?.to_value())
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn bases(&self) -> Option<Vec<Value>> {
        let base = match (self.dtype.map(DType::kind), self.name) {
            (Some('i'), _) => "signedinteger",
            (Some('u'), _) => "unsignedinteger",
            (Some('f'), _) => "floating",
            (Some('U'), _) => "character",
            (Some(_), _) => "generic",
            (None, "signedinteger" | "unsignedinteger") => "integer",
            (None, "integer" | "inexact") => "number",
            (None, "floating" | "complexfloating") => "inexact",
            (None, "number" | "flexible") => "generic",
            (None, "character") => "flexible",
            _ => return Some(Vec::new()),
        };
        Some(vec![ScalarType::named(base)])
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(Ok(self.is_instance(value)))
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let same = match other.downcast::<ScalarType>() {
            Some(class) => class.name == self.name,
            None => match (self.dtype, other.downcast::<DTypeValue>()) {
                (Some(dtype), Some(other)) => dtype == other.dtype,
                _ => false,
            },
        };
        match op {
            CompareOp::Eq => Some(Ok(Value::Bool(same))),
            CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(self.name.bytes().fold(7, |h: u64, b| h.wrapping_mul(31) + u64::from(b))))
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: format!("{}(value)", self.name),
            text: format!("The class of numpy's {} scalars, and a dtype.", self.name),
        })
    }
}

/// Binds to a fixed number of parameters.
pub(crate) fn bind<const N: usize>(
    name: &str,
    signature: &str,
    arguments: Arguments,
) -> PyResult<[Value; N]> {
    let values = Signature::parse(signature).bind(name, arguments)?;
    values.try_into().map_err(|_| Exception::type_error(format!("{name}(): wrong arguments")))
}

/// The class of which a value is an instance, for `type(x)`.
pub fn class_of_value(value: &Value) -> Option<Value> {
    if let Some(scalar) = value.downcast::<Scalar>() {
        return Some(ScalarType::value(scalar.dtype));
    }
    if value.downcast::<Array>().is_some() {
        return Some(ScalarType::named("ndarray"));
    }
    None
}

/// `np.finfo` and `np.iinfo` results.
pub(crate) struct TypeInfo {
    pub(crate) class: &'static str,
    pub(crate) dtype: DType,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

impl Object for TypeInfo {
    fn type_name(&self) -> String {
        self.class.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let show = |name: &str| -> String {
            let field = self.fields.iter().find(|(n, _)| *n == name);
            field.map_or_else(String::new, |(_, v)| super::scalar::text_of(v))
        };
        Ok(match self.class {
            "iinfo" => {
                format!("iinfo(min={}, max={}, dtype={})", show("min"), show("max"), self.dtype)
            }
            _ => format!(
                "finfo(resolution={}, min={}, max={}, dtype={})",
                show("resolution"),
                show("min"),
                show("max"),
                self.dtype
            ),
        })
    }

    fn to_str(&self) -> PyResult<String> {
        if self.class != "iinfo" {
            return self.repr();
        }
        let show = |name: &str| -> String {
            let field = self.fields.iter().find(|(n, _)| *n == name);
            field.map_or_else(String::new, |(_, v)| super::scalar::text_of(v))
        };
        let line = "-".repeat(63);
        Ok(format!(
            "Machine parameters for {}\n{line}\nmin = {}\nmax = {}\n{line}\n",
            self.dtype,
            show("min"),
            show("max")
        ))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "dtype" {
            return Ok(Some(DTypeValue::value(self.dtype)));
        }
        Ok(self.fields.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()))
    }

    fn attribute_names(&self) -> Vec<String> {
        self.fields.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}
