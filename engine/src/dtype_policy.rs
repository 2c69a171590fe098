//! Keras' dtype policies: in which element type a layer keeps its variables, and in which it computes.
//!
//! float32 and float64 are computed in themselves. Half types are computed in float32: inputs and weights are rounded to
//! the half type before a layer and its results after it, so each layer gives what half precision can hold.

use crate::catalog;
use crate::config::Arg;
use crate::error::{Error, Result};
use crate::layers::input_layer::{dtype_name, parse_dtype};
use crate::ops;
use crate::tensor::Tensor;
use candle_core::DType;
use std::cell::RefCell;
use std::rc::Rc;

/// A policy, by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct DtypePolicy {
    name: Rc<str>,
    compute: DType,
    variable: DType,
}

thread_local! {
    static GLOBAL: RefCell<Option<DtypePolicy>> = const { RefCell::new(None) };
}

impl DtypePolicy {
    /// The policy of a name: `float16`, `mixed_bfloat16`.
    pub fn named(name: &str) -> Result<Self> {
        let (compute, variable) = match name {
            "mixed_float16" => (DType::F16, DType::F32),
            "mixed_bfloat16" => (DType::BF16, DType::F32),
            // Layers that work on text or numbers of things keep float weights, if any.
            "string" | "bool" => (DType::F32, DType::F32),
            name => {
                let dtype = parse_dtype(&Arg::str(name)).map_err(|_| unknown(name))?;
                let dtype = if ops::is_float(dtype) { dtype } else { DType::F32 };
                (dtype, dtype)
            }
        };
        Ok(DtypePolicy { name: name.into(), compute, variable })
    }

    /// From a name, a config, or nothing: then the global one.
    pub fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::None => Ok(Self::global()),
            Arg::Str(name) => Self::named(name),
            envelope => {
                let part = |name| match envelope.get(name) {
                    Some(Arg::Str(text)) => Some(text.as_str()),
                    _ => None,
                };
                let class = part("class_name").unwrap_or("");
                match envelope.get("config").and_then(|config| config.get("name")) {
                    Some(Arg::Str(name)) if class.ends_with("DTypePolicy") => Self::named(name),
                    _ if class.contains("DTypePolicy") => Err(Error::not_implemented(
                        format!("the dtype policy {class} is not here"),
                        "a name such as \"float32\" or \"mixed_bfloat16\"",
                    )),
                    _ => Err(Error::type_error("dtype must be a name or a DTypePolicy")
                        .received(envelope.describe())
                        .expected(
                            "\"float32\", \"float64\", \"mixed_float16\", \"mixed_bfloat16\"",
                        )),
                }
            }
        }
    }

    /// The policy of layers that are not given one.
    pub fn global() -> Self {
        let set = GLOBAL.with_borrow(Clone::clone);
        set.unwrap_or_else(|| DtypePolicy {
            name: "float32".into(),
            compute: DType::F32,
            variable: DType::F32,
        })
    }

    /// Sets the policy of layers that are not given one.
    pub fn set_global(policy: DtypePolicy) {
        GLOBAL.set(Some(policy));
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The element type of computations and results.
    pub fn compute(&self) -> DType {
        self.compute
    }

    /// The element type of variables.
    pub fn variable(&self) -> DType {
        self.variable
    }

    /// Keras' name of the element type of computations.
    pub fn compute_name(&self) -> String {
        let own = matches!(&*self.name, "mixed_float16" | "mixed_bfloat16");
        if own { dtype_name(self.compute).to_owned() } else { self.name.to_string() }
    }

    /// Keras' name of the element type of variables.
    pub fn variable_name(&self) -> String {
        let own = matches!(&*self.name, "mixed_float16" | "mixed_bfloat16");
        if own { dtype_name(self.variable).to_owned() } else { self.name.to_string() }
    }

    /// Whether float32 tensors go in, through and out as they are.
    pub(crate) fn is_float32(&self) -> bool {
        self.compute == DType::F32 && self.variable == DType::F32
    }

    /// The element type that kernels see.
    pub(crate) fn working(&self) -> DType {
        if self.compute == DType::F64 { DType::F64 } else { DType::F32 }
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        let config = vec![("name".to_owned(), Arg::str(&*self.name))];
        catalog::envelope("keras", "DTypePolicy", config)
    }
}

fn unknown(name: &str) -> Error {
    Error::value(format!("there is no dtype policy {name:?}"))
        .received(format!("{name:?}"))
        .expected("\"float32\", \"float64\", \"float16\", \"bfloat16\", \"mixed_float16\", \"mixed_bfloat16\"")
}

/// A floating-point tensor rounded to `through` and held in `working`; other tensors as they are. Masks ride on.
pub(crate) fn rounded(x: &Tensor, through: DType, working: DType) -> Result<Tensor> {
    if !ops::is_float(x.dtype()) || (x.dtype() == working && through == working) {
        return Ok(x.clone());
    }
    let y = ops::cast(&ops::cast(x, through)?, working)?;
    Ok(y.with_mask(x.mask().cloned()))
}
