//! Where each weight stands in a file: `<path>/vars/<number>`, paths by class (see Keras' `saving_lib.py`).

use super::hdf5::Group;
use crate::error::{Error, Result};
use crate::layer::LayerInstance;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::variable::Variable;
use std::rc::Rc;

/// All weights of a model as a tree, with the optimizer's state if it is asked for.
pub(super) fn gather(model: &Model, with_optimizer: bool) -> Result<Group> {
    let mut root = Group::default();
    gather_layer(model.instance(), "", &mut root)?;
    if with_optimizer && model.is_compiled() {
        gather_optimizer(&*model.optimizer()?, "optimizer", &mut root)?;
    }
    Ok(root)
}

/// An optimizer's state, and again that of those which it wraps.
fn gather_optimizer(optimizer: &dyn Optimizer, path: &str, root: &mut Group) -> Result<()> {
    let vars = root.at(&format!("{path}/vars"));
    for (number, (_, array)) in optimizer.variables()?.into_iter().enumerate() {
        vars.arrays.push((number.to_string(), array));
    }
    for (inner, wrapped) in optimizer.wrapped() {
        gather_optimizer(&*wrapped, &format!("{path}/{inner}"), root)?;
    }
    Ok(())
}

fn gather_layer(layer: &Rc<LayerInstance>, path: &str, root: &mut Group) -> Result<()> {
    // The group is written even if it is empty, as Keras does.
    root.at(&format!("{path}/vars")).label = Some(layer.name());
    let group = layer
        .layer()
        .weights_group()
        .map_or_else(|| path.to_owned(), |group| format!("{path}/{group}"));
    let vars = root.at(&format!("{group}/vars"));
    vars.label.get_or_insert_with(|| layer.name());
    for (number, array) in layer.merged_variables()?.into_iter().enumerate() {
        vars.arrays.push((number.to_string(), array));
    }
    for (inner, sublayer) in layer.layer().sublayers() {
        gather_layer(&sublayer, &format!("{path}/{inner}"), root)?;
    }
    Ok(())
}

/// Puts the weights of a tree into a model.
pub(super) fn scatter(model: &Model, root: &Group) -> Result<()> {
    scatter_layer(model.instance(), "", root)
}

fn scatter_layer(layer: &Rc<LayerInstance>, path: &str, root: &Group) -> Result<()> {
    let mut own = layer.own_variables();
    // A file has the corrected kernel: what corrects it starts (and, as in Keras, stays) at nothing.
    if layer.lora().is_some() {
        for variable in own.split_off(own.len().saturating_sub(2)) {
            variable.assign(&variable.array().zeros_like()?)?;
        }
    }
    if !own.is_empty() {
        let group = layer
            .layer()
            .weights_group()
            .map_or_else(|| path.to_owned(), |group| format!("{path}/{group}"));
        let place = format!("{group}/vars");
        let found = root.find(&place).map(Group::numbered).unwrap_or_default();
        if found.len() != own.len() {
            return Err(Error::value(format!(
                "the file does not fit the model at {}",
                layer.label()
            ))
            .received(format!("{} arrays at {place}", found.len()))
            .expected(
                own.iter()
                    .map(|v: &Rc<Variable>| format!("{} {:?}", v.name(), v.shape()))
                    .collect::<Vec<_>>()
                    .join(", "),
            )
            .hint("the layers must be the same, in the same order, as when it was saved"));
        }
        for (variable, array) in own.iter().zip(found) {
            variable.assign(array).map_err(|error| error.within(layer.label()))?;
        }
    }
    for (inner, sublayer) in layer.layer().sublayers() {
        scatter_layer(&sublayer, &format!("{path}/{inner}"), root)?;
    }
    Ok(())
}
