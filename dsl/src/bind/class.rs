//! A catalog entry as a class of the language: called to make what it names, asked by `isinstance`, shown by `help`.

use super::convert::{as_made, from_made};
use super::layer::LayerObject;
use super::made::to_config;
use crate::runtime::arguments::{Parameter, ParameterKind};
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Object, PyResult, Signature, Value};
use kerai_engine::catalog::{Entry, Kind, Made};
use kerai_engine::config::Arg;
use kerai_engine::layer::{COMMON_ARGS, LayerInstance};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A class of the catalog.
pub struct CatalogClass {
    entry: &'static Entry,
}

thread_local! {
    /// The one value of each class, so that `type(x) is Dense` holds.
    static CLASSES: RefCell<HashMap<(Kind, &'static str), Value>> = RefCell::new(HashMap::new());
}

/// The class of an entry; for activations, the function.
pub fn class_of(entry: &'static Entry) -> PyResult<Value> {
    if let Some(known) =
        CLASSES.with_borrow(|classes| classes.get(&(entry.kind, entry.name)).cloned())
    {
        return Ok(known);
    }
    let value = match entry.kind {
        Kind::Activation => from_made(&entry.make(Vec::new())?),
        _ => Value::object(CatalogClass { entry }),
    };
    CLASSES.with_borrow_mut(|classes| classes.insert((entry.kind, entry.name), value.clone()));
    Ok(value)
}

/// Documentation of an entry: its text, then its arguments.
pub fn doc_of(entry: &Entry) -> Doc {
    let mut text = entry.doc.trim().to_owned();
    text.push_str("\n\nArguments:\n");
    for spec in entry.args {
        let default = (spec.default)().map_or_else(
            || "required".to_owned(),
            |default| format!("default {}", default.describe()),
        );
        text.push_str(&format!(
            "- `{}` ({}; {default}): {}\n",
            spec.name,
            (spec.kind)(),
            spec.doc.trim().replace('\n', " ")
        ));
    }
    Doc { signature: format!("{}({})", entry.name, signature_of(entry)), text }
}

fn signature_of(entry: &Entry) -> Signature {
    let common = if entry.kind == Kind::Layer { COMMON_ARGS } else { &[] };
    let parameters = entry
        .args
        .iter()
        .map(|spec| (spec, ParameterKind::Normal))
        .chain(common.iter().map(|spec| (spec, ParameterKind::Keyword)));
    let to_value = |arg: &Arg| match arg {
        Arg::Made(made) => match made.to_arg() {
            Arg::Str(name) => Value::str(name),
            envelope => match envelope.get("class_name") {
                Some(Arg::Str(name)) => Value::str(kerai_engine::catalog::snake_case(name)),
                _ => Value::None,
            },
        },
        plain => super::convert::from_arg(plain),
    };
    Signature {
        parameters: parameters
            .map(|(spec, kind)| Parameter {
                name: Rc::from(spec.name),
                default: (spec.default)().as_ref().map(to_value),
                kind,
            })
            .collect(),
    }
}

impl CatalogClass {
    /// The row of the table.
    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// Its instance, for kinds of which Keras takes a class where it wants an instance.
    pub fn instance(&self) -> Option<PyResult<Made>> {
        use Kind::{Constraint, Initializer, Loss, Metric, Regularizer};
        let kinds = [Constraint, Initializer, Loss, Metric, Regularizer];
        kinds.contains(&self.entry.kind).then(|| Ok(self.entry.make(Vec::new())?))
    }
}

impl Object for CatalogClass {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<class '{}.{}'>", self.entry.kind.module(), self.entry.name))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let config = to_config(self.entry, arguments)?;
        if self.entry.kind == Kind::Layer {
            return Ok(LayerObject::value(Rc::new(LayerInstance::make(self.entry, config)?)));
        }
        Ok(from_made(&self.entry.make(config)?))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => Some(Value::str(self.entry.name)),
            "__module__" => Some(Value::str(self.entry.kind.module())),
            "__doc__" => Some(Value::str(self.entry.doc.trim())),
            "from_config" => {
                let this = this.clone();
                Some(super::made::method("from_config", move |arguments| {
                    let [config] = super::made::bind("from_config", "config", arguments)?;
                    let Value::Dict(entries) = &config else {
                        return Err(config.wrong_type("a config", "a dict"));
                    };
                    let mut arguments = Arguments::default();
                    for (key, value) in entries.borrow().iter() {
                        arguments = arguments.with(&key.0.as_str("a key")?, value.clone());
                    }
                    crate::runtime::context::call(&this, arguments)
                }))
            }
            _ => None,
        })
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(super::own::base_of(self.entry.kind).into_iter().collect())
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        let name = match as_made(value) {
            Some(Made::Instance(instance)) if self.entry.kind == Kind::Layer => {
                instance.layer().class_name().to_owned()
            }
            Some(made) if value.downcast::<super::made::MadeObject>().is_some() => {
                match made.to_arg().get("class_name") {
                    Some(Arg::Str(name)) => name.clone(),
                    _ => return Some(Ok(false)),
                }
            }
            _ => return Some(Ok(false)),
        };
        Some(Ok(name == self.entry.name))
    }

    fn doc(&self) -> Option<Doc> {
        Some(doc_of(self.entry))
    }

    fn signature(&self) -> Option<Signature> {
        Some(signature_of(self.entry))
    }
}
