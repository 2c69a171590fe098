//! `tf.GradientTape`.

use super::convert::to_tensor;
use super::made::with_parameters;
use super::tensor::{TensorObject, VariableObject};
use crate::runtime::{Exception, Object, PyResult, Value, operators};
use kerai_engine::Tensor;
use kerai_engine::tape::{Node, Tape};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A tape of the language.
pub struct TapeObject {
    tape: RefCell<Option<Rc<Tape>>>,
    persistent: bool,
    used: Cell<bool>,
}

impl TapeObject {
    /// `tf.GradientTape(persistent=False, watch_accessed_variables=True)`
    pub fn make(persistent: &Value, watch: &Value) -> PyResult<Value> {
        if !operators::truth(watch)? {
            return Err(Exception::not_supported(
                "GradientTape(watch_accessed_variables=False) is not in kerai",
                "leave it out: gradients are asked for by name, so watching more costs nothing",
            ));
        }
        Ok(Value::object(TapeObject {
            tape: RefCell::new(None),
            persistent: operators::truth(persistent)?,
            used: Cell::new(false),
        }))
    }

    fn tape(&self) -> PyResult<Rc<Tape>> {
        self.tape.borrow().clone().ok_or_else(|| {
            Exception::new("RuntimeError", "the tape has recorded nothing yet")
                .with_hint("with tf.GradientTape() as tape: ... compute the loss here ...")
        })
    }

    fn gradient(&self, target: &Value, sources: &Value, zero: bool) -> PyResult<Value> {
        if self.used.replace(true) && !self.persistent {
            return Err(Exception::new(
                "RuntimeError",
                "A non-persistent GradientTape can only be used to compute one set of gradients",
            )
            .with_hint("tf.GradientTape(persistent=True)"));
        }
        let tape = self.tape()?;
        let mut targets = Vec::new();
        collect(target, &mut targets)?;
        let mut leaves = Vec::new();
        collect(sources, &mut leaves)?;
        let nodes: Vec<Option<Node>> = leaves.iter().map(|leaf| node_of(leaf, &tape)).collect();
        let mut sums: Vec<Option<Tensor>> = vec![None; leaves.len()];
        for target in &targets {
            let target = to_tensor(target)?;
            for (sum, gradient) in
                sums.iter_mut().zip(tape.gradient_of_nodes(&target, &nodes, None)?)
            {
                let Some(gradient) = gradient else { continue };
                *sum = Some(match sum.take() {
                    Some(sum) => {
                        Tensor::new((sum.array() + &gradient).map_err(kerai_engine::Error::from)?)
                    }
                    None => Tensor::new(gradient),
                });
            }
        }
        if !self.persistent {
            for leaf in &leaves {
                if let Some(variable) = leaf.downcast::<VariableObject>() {
                    variable.variable().forget_tape();
                }
            }
        }
        let mut gradients = Vec::with_capacity(sums.len());
        for (sum, leaf) in sums.into_iter().zip(&leaves) {
            gradients.push(match sum {
                Some(gradient) => TensorObject::value(gradient),
                None if zero => TensorObject::value(Tensor::new(
                    to_tensor(leaf)?.array().zeros_like().map_err(kerai_engine::Error::from)?,
                )),
                None => Value::None,
            });
        }
        Ok(rebuild(sources, &mut gradients.into_iter()))
    }
}

fn collect(value: &Value, found: &mut Vec<Value>) -> PyResult<()> {
    match value {
        Value::List(items) => items.borrow().iter().try_for_each(|item| collect(item, found)),
        Value::Tuple(items) => items.iter().try_for_each(|item| collect(item, found)),
        Value::Dict(entries) => entries.borrow().values().try_for_each(|item| collect(item, found)),
        other => {
            found.push(other.clone());
            Ok(())
        }
    }
}

/// The gradients in the structure of the sources.
fn rebuild(sources: &Value, gradients: &mut dyn Iterator<Item = Value>) -> Value {
    match sources {
        Value::List(items) => {
            Value::list(items.borrow().iter().map(|item| rebuild(item, gradients)).collect())
        }
        Value::Tuple(items) => {
            Value::tuple(items.iter().map(|item| rebuild(item, gradients)).collect())
        }
        Value::Dict(entries) => {
            let rebuilt = entries
                .borrow()
                .iter()
                .map(|(key, item)| (key.clone(), rebuild(item, gradients)))
                .collect();
            Value::Dict(Rc::new(RefCell::new(rebuilt)))
        }
        _ => gradients.next().unwrap_or(Value::None),
    }
}

fn node_of(leaf: &Value, tape: &Tape) -> Option<Node> {
    if let Some(variable) = leaf.downcast::<VariableObject>() {
        return variable.variable().node_on(tape.list_id());
    }
    leaf.downcast::<TensorObject>()?.tensor().node().cloned()
}

/// `with tape.stop_recording():` nothing is recorded inside.
struct Pause {
    before: Cell<bool>,
}

impl Object for Pause {
    fn type_name(&self) -> String {
        "stop_recording".to_owned()
    }

    fn enter(&self, _this: &Value) -> Option<PyResult<Value>> {
        self.before.set(kerai_engine::tape::set_paused(true));
        Some(Ok(Value::None))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        kerai_engine::tape::set_paused(self.before.get());
        Ok(false)
    }
}

impl Object for TapeObject {
    fn type_name(&self) -> String {
        "GradientTape".to_owned()
    }

    fn enter(&self, this: &Value) -> Option<PyResult<Value>> {
        *self.tape.borrow_mut() = Some(Rc::new(Tape::start()));
        Some(Ok(this.clone()))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        if let Some(tape) = &*self.tape.borrow() {
            tape.stop();
        }
        Ok(false)
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let this = this.clone();
        let own = move || {
            this.downcast::<TapeObject>()
                .ok_or_else(|| Exception::type_error("this is no GradientTape"))
        };
        Ok(Some(match name {
            "gradient" => with_parameters(
                "gradient",
                "target, sources, output_gradients=None, unconnected_gradients='none'",
                "The gradients of a target with respect to sources, in their structure.",
                move |[target, sources, _, unconnected]| {
                    let zero = matches!(&unconnected, Value::Str(word) if word.eq_ignore_ascii_case("zero"));
                    crate::runtime::rehearsal::step();
                    own()?.gradient(&target, &sources, zero)
                },
            ),
            "watch" => with_parameters(
                "watch",
                "tensor",
                "Follows a tensor that is no variable.",
                move |[tensors]| {
                    let tape = own()?.tape()?;
                    let mut found = Vec::new();
                    collect(&tensors, &mut found)?;
                    for item in found {
                        match item.downcast::<TensorObject>() {
                            Some(tensor) => tensor.replace(tape.watch(&tensor.tensor())),
                            None if item.downcast::<VariableObject>().is_some() => {}
                            None => {
                                return Err(item
                                    .wrong_type("what a tape watches", "a tensor")
                                    .with_hint("x = tf.constant(x) first"));
                            }
                        }
                    }
                    Ok(Value::None)
                },
            ),
            "stop_recording" => with_parameters(
                "stop_recording",
                "",
                "A block in which nothing is recorded.",
                |[]| Ok(Value::object(Pause { before: Cell::new(false) })),
            ),
            "reset" => with_parameters("reset", "", "Forgets what was recorded.", move |[]| {
                let own = own()?;
                if own.tape.borrow().is_some() {
                    let fresh = Rc::new(Tape::start());
                    *own.tape.borrow_mut() = Some(fresh);
                    own.used.set(false);
                }
                Ok(Value::None)
            }),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["gradient", "watch", "stop_recording", "reset"].map(str::to_owned).to_vec()
    }
}
