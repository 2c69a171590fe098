//! `model.summary()`: what a model has, as the table's rows.

use super::table::{Amount, Summary, SummaryRow};
use crate::bind::convert::to_arg;
use crate::bind::made::bind;
use crate::bind::symbol::shape_text;
use crate::runtime::{Arguments, Exception, PyResult, Value, context, operators};
use crate::sink::{Output, Style};
use kerai_engine::config::Arg;
use kerai_engine::graph::{Functional, Sequential};
use kerai_engine::layer::LayerInstance;
use kerai_engine::model::Model;
use kerai_engine::variable::Variable;
use std::rc::Rc;

/// The parameters of `model.summary`.
pub const SUMMARY: &str = "line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False, layer_range=None";

/// Shows a model in the style of the front end, or gives the lines to `print_fn`.
pub fn show(model: &Rc<Model>, arguments: Arguments) -> PyResult<()> {
    let [line_length, _, print_fn, expand_nested, show_trainable, _] =
        bind("summary", SUMMARY, arguments)?;
    if !model.instance().is_built() && model.graph().is_none() {
        return Err(Exception::value_error(format!(
            "the model {:?} has no weights yet, so there is nothing to sum up",
            model.instance().name()
        ))
        .with_hint("begin it with keras.Input(shape=(...)), or call it on data first"));
    }
    let line_length = match to_arg(&line_length)? {
        Arg::Int(columns) => usize::try_from(columns).ok(),
        _ => None,
    };
    let summary = of(
        model,
        operators::truth(&expand_nested)?,
        operators::truth(&show_trainable)?,
        line_length,
    );
    if !print_fn.is_none() {
        for line in summary.text(line_length.unwrap_or(80), false).lines() {
            context::call(&print_fn, Arguments::positional(vec![Value::str(line)]))?;
        }
        return Ok(());
    }
    match context::style() {
        Style::Notebook => context::emit(Output::Display { id: None, bundle: summary.bundle() }),
        Style::Terminal { width, color } => {
            context::text(&summary.text(usize::from(width).min(100), color));
        }
        Style::Plain => context::text(&summary.text(line_length.unwrap_or(80), false)),
    }
    Ok(())
}

fn amount(variables: &[Rc<Variable>]) -> Amount {
    let count: u64 = variables.iter().map(|variable| variable.count() as u64).sum();
    let size =
        |variable: &Rc<Variable>| variable.count() as u64 * variable.dtype().size_in_bytes() as u64;
    Amount { count, bytes: variables.iter().map(size).sum() }
}

/// The summary of a model.
pub fn of(
    model: &Model,
    expand_nested: bool,
    show_trainable: bool,
    line_length: Option<usize>,
) -> Summary {
    let instance = model.instance();
    let optimizer = model
        .optimizer()
        .ok()
        .and_then(|optimizer| optimizer.variables().ok())
        .filter(|variables| variables.len() > 2);
    let optimizer = optimizer.map(|variables| {
        let sizes = variables
            .iter()
            .map(|(_, array)| (array.elem_count() as u64, array.dtype().size_in_bytes() as u64));
        let count = sizes.clone().map(|(count, _)| count).sum();
        Amount { count, bytes: sizes.map(|(count, size)| count * size).sum() }
    });
    let graph = instance.layer_as::<Functional>();
    let mut rows = Vec::new();
    for layer in model.operations() {
        add_rows(&layer, graph, 0, expand_nested, &mut rows);
    }
    Summary {
        name: instance.name(),
        graph: graph.is_some_and(|graph| !is_plain_stack(graph)),
        rows,
        show_trainable,
        trainable: amount(&instance.trainable_variables()),
        fixed: amount(&instance.non_trainable_variables()),
        optimizer,
        line_length,
    }
}

/// Whether a graph is one layer after the other, so that nobody needs to be told what it is connected to.
fn is_plain_stack(graph: &Functional) -> bool {
    graph.inputs.len() == 1
        && graph.outputs.len() == 1
        && graph
            .calls
            .iter()
            .all(|call| call.inputs.main.len() == 1 && call.inputs.named.is_empty())
        && graph.calls.windows(2).all(|pair| Rc::ptr_eq(pair[1].inputs.main[0].call(), &pair[0]))
}

fn add_rows(
    layer: &Rc<LayerInstance>,
    graph: Option<&Functional>,
    level: usize,
    expand: bool,
    rows: &mut Vec<SummaryRow>,
) {
    let variables = layer.variables();
    let shapes = layer.layer().output_shapes(&layer.built_for()).unwrap_or_default();
    let shape = match &shapes[..] {
        [] => "?".to_owned(),
        [one] => shape_text(one),
        many => many.iter().map(shape_text).collect::<Vec<_>>().join(", "),
    };
    let connected = graph.map_or_else(Vec::new, |graph| {
        let calls = graph.calls.iter().filter(|call| Rc::ptr_eq(&call.layer, layer));
        calls
            .flat_map(|call| &call.inputs.main)
            .map(|symbol| {
                format!(
                    "{}[{}][{}]",
                    symbol.call().layer.name(),
                    symbol.call().number,
                    symbol.output()
                )
            })
            .collect()
    });
    rows.push(SummaryRow {
        name: layer.name(),
        class: layer.layer().class_name().to_owned(),
        shape: if layer.is_built() { shape } else { "?".to_owned() },
        params: variables.iter().map(|variable| variable.count() as u64).sum(),
        built: layer.is_built(),
        connected,
        trainable: (!variables.is_empty()).then(|| layer.is_trainable()),
        level,
    });
    if !expand {
        return;
    }
    if let Some(inner) = layer.layer_as::<Functional>() {
        inner
            .layers
            .iter()
            .for_each(|inner_layer| add_rows(inner_layer, Some(inner), level + 1, expand, rows));
    } else if let Some(inner) = layer.layer_as::<Sequential>() {
        inner
            .layers()
            .iter()
            .for_each(|inner_layer| add_rows(inner_layer, None, level + 1, expand, rows));
    }
}
