//! Functions written in the language: a piece of code with its defaults, its cells and its attributes.

use super::arguments::Parameter;
use super::interpreter::{self, FunctionCode};
use super::object::Doc;
use super::{Arguments, Exception, Object, PyResult, Signature, Value, generator};
use indexmap::IndexMap;
use rhai::Dynamic;
use std::cell::RefCell;
use std::rc::Rc;

/// A variable that several functions share.
#[derive(Clone, Default)]
pub(crate) struct CellRef(pub(crate) Rc<RefCell<Option<Value>>>);

/// A function value.
pub struct Function {
    pub(crate) code: Rc<FunctionCode>,
    signature: Signature,
    cells: Vec<CellRef>,
    /// Whether positional arguments alone, one per parameter, need no binding.
    is_simple: bool,
    attributes: RefCell<IndexMap<Rc<str>, Value>>,
}

impl Function {
    pub(crate) fn new(code: Rc<FunctionCode>, defaults: Vec<Value>, cells: Vec<CellRef>) -> Self {
        use super::arguments::ParameterKind::{Normal, Positional};
        let mut parameters: Vec<Parameter> = code
            .spec
            .parameters
            .iter()
            .map(|(name, kind)| Parameter { name: name.clone(), default: None, kind: *kind })
            .collect();
        for (position, value) in code.spec.with_default.iter().zip(defaults) {
            parameters[*position].default = Some(value);
        }
        let is_simple = parameters.iter().all(|p| matches!(p.kind, Normal | Positional));
        Function {
            code,
            signature: Signature { parameters },
            cells,
            is_simple,
            attributes: RefCell::new(IndexMap::new()),
        }
    }

    /// The name, as `__name__` has it.
    pub fn name(&self) -> String {
        match self.attributes.borrow().get("__name__") {
            Some(Value::Str(name)) => name.to_string(),
            _ => self.code.spec.name.to_string(),
        }
    }

    /// Calls the function with one value, for results that are not values.
    pub(crate) fn invoke_raw(&self, value: Value) -> PyResult<Dynamic> {
        let mut all: Vec<Dynamic> = Vec::with_capacity(self.cells.len() + 1);
        all.extend(self.cells.iter().map(|cell| Dynamic::from(cell.clone())));
        all.push(Dynamic::from(value));
        interpreter::invoke(&self.code, &mut all)
    }

    /// Calls the function.
    pub fn invoke(&self, arguments: Arguments) -> PyResult<Value> {
        let is_direct = self.is_simple
            && arguments.keywords.is_empty()
            && arguments.positional.len() == self.signature.parameters.len();
        let values = if is_direct {
            arguments.positional
        } else {
            self.signature.bind(&self.code.spec.qualified, arguments)?
        };
        let mut all: Vec<Dynamic> = Vec::with_capacity(self.cells.len() + values.len());
        all.extend(self.cells.iter().map(|cell| Dynamic::from(cell.clone())));
        all.extend(values.into_iter().map(Dynamic::from));
        if self.code.spec.is_generator {
            return Ok(generator::Generator::value(self.code.clone(), all));
        }
        interpreter::invoke(&self.code, &mut all).map(|result| interpreter::value_of(&result))
    }
}

impl Object for Function {
    fn type_name(&self) -> String {
        "function".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let address = std::ptr::from_ref(self).addr();
        Ok(format!("<function {} at {address:#x}>", self.code.spec.qualified))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(value) = self.attributes.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        let spec = &self.code.spec;
        Ok(Some(match name {
            "__name__" => Value::str(&spec.name),
            "__qualname__" => Value::str(&spec.qualified),
            "__module__" => Value::str("__main__"),
            "__doc__" => spec.doc.as_ref().map_or(Value::None, |doc| Value::Str(doc.clone())),
            "__dict__" => Value::dict(self.attributes.borrow().iter().map(|(n, v)| (n, v.clone()))),
            "__defaults__" => {
                let defaults: Vec<Value> =
                    self.signature.parameters.iter().filter_map(|p| p.default.clone()).collect();
                if defaults.is_empty() { Value::None } else { Value::tuple(defaults) }
            }
            "__call__" => this.clone(),
            "__annotations__" => Value::dict::<&str>([]),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        let attributes = self.attributes.borrow();
        let own = attributes.keys().map(ToString::to_string);
        own.chain(["__name__", "__doc__"].map(str::to_owned)).collect()
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        self.attributes.borrow_mut().insert(Rc::from(name), value);
        Ok(true)
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        self.invoke(arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn doc(&self) -> Option<Doc> {
        let text = match self.attributes.borrow().get("__doc__") {
            Some(Value::Str(text)) => text.to_string(),
            _ => self.code.spec.doc.as_deref().unwrap_or("").to_owned(),
        };
        Some(Doc { signature: format!("{}({})", self.name(), self.signature), text })
    }

    fn signature(&self) -> Option<Signature> {
        Some(self.signature.clone())
    }
}

/// A function that was looked up on an instance: the instance is its first argument.
pub struct BoundMethod {
    /// The function (or any callable).
    pub function: Value,
    /// The instance (or class).
    pub instance: Value,
}

impl Object for BoundMethod {
    fn type_name(&self) -> String {
        "method".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let name = match super::attributes::find(&self.function, "__qualname__")? {
            Some(Value::Str(name)) => name.to_string(),
            _ => "?".to_owned(),
        };
        Ok(format!("<bound method {name} of {}>", super::format::repr(&self.instance)?))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        match name {
            "__self__" => Ok(Some(self.instance.clone())),
            "__func__" => Ok(Some(self.function.clone())),
            "__call__" => Ok(Some(this.clone())),
            _ => super::attributes::find(&self.function, name),
        }
    }

    fn call(&self, _this: &Value, mut arguments: Arguments) -> PyResult<Value> {
        arguments.positional.insert(0, self.instance.clone());
        super::context::call(&self.function, arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn compare(
        &self,
        _this: &Value,
        op: super::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let other = other.downcast::<BoundMethod>()?;
        let same = super::operators::is_same(&self.function, &other.function)
            && super::operators::is_same(&self.instance, &other.instance);
        match op {
            super::CompareOp::Eq => Some(Ok(Value::Bool(same))),
            super::CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn doc(&self) -> Option<Doc> {
        let Value::Object(function) = &self.function else { return None };
        let mut doc = function.doc()?;
        // The instance is there already: `name(self, x)` is called with `x` alone.
        if let (Some(signature), Some((name, _))) =
            (self.signature(), doc.signature.split_once('('))
        {
            doc.signature = format!("{name}({signature})");
        }
        Some(doc)
    }

    fn signature(&self) -> Option<Signature> {
        let Value::Object(function) = &self.function else { return None };
        let mut signature = function.signature()?;
        if !signature.parameters.is_empty() {
            signature.parameters.remove(0);
        }
        Some(signature)
    }
}

/// The error for a cell or variable that is not bound yet.
pub(crate) fn unbound(name: &str, is_free: bool) -> Box<Exception> {
    if is_free {
        Exception::new(
            "NameError",
            format!(
                "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
            ),
        )
    } else {
        Exception::new(
            "UnboundLocalError",
            format!("cannot access local variable '{name}' where it is not associated with a value"),
        )
        .with_hint(format!(
            "'{name}' is local because the function assigns it; write `global {name}` or `nonlocal {name}` to mean the outer one"
        ))
    }
}
