//! `keras.DTypePolicy`: in which element types a layer keeps its variables and computes.

use super::convert::to_arg;
use crate::modules::Module;
use crate::runtime::object::Doc;
use crate::runtime::{CompareOp, Native, Object, PyResult, Value};
use kerai_engine::config::Arg;
use kerai_engine::dtype_policy::DtypePolicy;

/// A policy as a value.
pub struct PolicyObject(pub DtypePolicy);

impl PolicyObject {
    /// As a value.
    pub fn value(policy: DtypePolicy) -> Value {
        Value::object(PolicyObject(policy))
    }
}

impl Object for PolicyObject {
    fn type_name(&self) -> String {
        "DTypePolicy".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<DTypePolicy \"{}\">", self.0.name()))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "name" => Value::str(self.0.name()),
            "compute_dtype" => Value::str(self.0.compute_name()),
            "variable_dtype" => Value::str(self.0.variable_name()),
            "quantization_mode" => Value::None,
            "get_config" => {
                let policy = self.0.clone();
                super::made::method("get_config", move |_| {
                    Ok(Value::dict([("name", Value::str(policy.name()))]))
                })
            }
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["name", "compute_dtype", "variable_dtype"].map(str::to_owned).to_vec()
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let same = other.downcast::<PolicyObject>().is_some_and(|other| other.0 == self.0);
        match op {
            CompareOp::Eq => Some(Ok(Value::Bool(same))),
            CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: "DTypePolicy(name=None)".to_owned(),
            text: "The element types of a layer's variables and of its computation.".to_owned(),
        })
    }
}

/// `keras.DTypePolicy(name)`
pub fn class() -> Value {
    Native::value(
        "DTypePolicy",
        "name=None",
        "The element types of a layer's variables and of its computation: \"float32\", \"float64\", \"mixed_bfloat16\", ...",
        |values| policy_of(values.first()).map(PolicyObject::value),
    )
}

fn policy_of(value: Option<&Value>) -> PyResult<DtypePolicy> {
    let arg = value.map_or(Ok(Arg::None), to_arg)?;
    Ok(DtypePolicy::parse(&arg)?)
}

/// The functions under the names that they have in a module.
pub fn functions(module: Module, setters: &[&'static str], getters: &[&'static str]) -> Module {
    let module = setters.iter().fold(module, |module, name| {
        module.function(
            name,
            "policy",
            "Sets the dtype policy of the layers that are made from now on.",
            |values| {
                DtypePolicy::set_global(policy_of(values.first())?);
                Ok(Value::None)
            },
        )
    });
    getters.iter().fold(module, |module, name| {
        module.function(name, "", "The dtype policy of layers that are not given one.", |_| {
            Ok(PolicyObject::value(DtypePolicy::global()))
        })
    })
}

/// `keras.mixed_precision`
pub fn mixed_precision() -> Module {
    let module = Module::new("keras.mixed_precision", "Computing in half precision.")
        .with("DTypePolicy", class())
        .with("Policy", class())
        .lazy("LossScaleOptimizer", || {
            let kind = kerai_engine::catalog::Kind::Optimizer;
            super::class::class_of(kerai_engine::catalog::find(kind, "LossScaleOptimizer")?)
        });
    functions(
        module,
        &["set_dtype_policy", "set_global_policy"],
        &["dtype_policy", "global_policy"],
    )
}
