//! What catalog entries make besides layers: initializers, losses, metrics, optimizers, schedules, callbacks, ...

use super::convert::{from_arg, from_config, from_made, to_arg, to_tensor};
use super::tensor::{TensorObject, VariableObject};
use crate::modules::numpy::Array;
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Exception, Native, Object, PyResult, Signature, Value, iterate};
use kerai_engine::Tensor;
use kerai_engine::catalog::{Entry, Made};
use kerai_engine::config::Arg;
use kerai_engine::optimizers::Optimizer;
use kerai_engine::variable::Variable;
use std::rc::Rc;

/// An object of the engine that is no layer and no model.
pub struct MadeObject {
    made: Made,
    /// Found as a function in snake case: called, it gives one value per sample.
    function: Option<&'static Entry>,
}

impl MadeObject {
    /// As a value.
    pub fn value(made: Made) -> Value {
        Value::object(MadeObject { made, function: None })
    }

    /// A loss or metric under the name of its function; where a loss is asked for, it is one.
    pub fn function(made: Made, entry: &'static Entry) -> Value {
        Value::object(MadeObject { made, function: Some(entry) })
    }

    /// The engine's object.
    pub fn made(&self) -> &Made {
        &self.made
    }

    fn config(&self) -> Option<Arg> {
        match self.made.to_arg() {
            Arg::Map(envelope) => {
                envelope.into_iter().find(|(name, _)| name == "config").map(|(_, config)| config)
            }
            _ => None,
        }
    }
}

impl Object for MadeObject {
    fn type_name(&self) -> String {
        match (&self.made, self.made.to_arg()) {
            (Made::Activation(activation), _) => activation.name(),
            (_, envelope) => match envelope.get("class_name") {
                Some(Arg::Str(name)) => name.clone(),
                _ => "Callback".to_owned(),
            },
        }
    }

    fn identity(&self) -> Option<usize> {
        Some(match &self.made {
            Made::Optimizer(optimizer) => Rc::as_ptr(optimizer).cast::<()>().addr(),
            Made::Loss(loss) => Rc::as_ptr(loss).cast::<()>().addr(),
            Made::Metric(metric) => Rc::as_ptr(metric).cast::<()>().addr(),
            Made::Callback(callback) => Rc::as_ptr(callback).cast::<()>().addr(),
            // Keras has one function for each name.
            Made::Activation(activation) => activation.0.built_in()?.as_ptr().addr(),
            _ => return None,
        })
    }

    fn repr(&self) -> PyResult<String> {
        match &self.made {
            Made::Activation(activation) => Ok(format!("<function {}>", activation.name())),
            Made::Metric(metric) => Ok(format!("<{} name={}>", self.type_name(), metric.name())),
            _ => Ok(format!("<{} object>", self.type_name())),
        }
    }

    fn is_callable(&self) -> bool {
        !matches!(self.made, Made::Optimizer(_) | Made::Callback(_))
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let name = self.type_name();
        match &self.made {
            Made::Activation(activation) => {
                if let Some(symbol) = super::symbol::symbol_in(&arguments) {
                    return super::symbol::apply_activation(activation, &symbol, arguments);
                }
                if arguments.positional.len() > 1
                    || arguments.keywords.iter().any(|(name, _)| &**name != "x")
                {
                    return super::functional::activate(&name, arguments);
                }
                let [x] = bind(&name, "x", arguments)?;
                Ok(TensorObject::value(activation.apply(&to_tensor(&x)?)?))
            }
            Made::Loss(_) | Made::Metric(_) if self.function.is_some() => match self.function {
                Some(entry) => super::functional::call(entry, arguments),
                None => Ok(Value::None),
            },
            Made::Loss(loss) => {
                let [truth, prediction, weights] =
                    bind(&name, "y_true, y_pred, sample_weight=None", arguments)?;
                let weights = optional_tensor(&weights)?;
                Ok(TensorObject::value(loss.call(
                    &to_tensor(&truth)?,
                    &to_tensor(&prediction)?,
                    weights.as_ref(),
                )?))
            }
            Made::Metric(metric) => {
                update_metric(&**metric, &name, arguments)?;
                metric_result(&**metric)
            }
            Made::Initializer(initializer) => {
                let [shape] = bind(&name, "shape, **kwargs", arguments)?;
                let shape = crate::bind::layer::sizes(&shape, "shape")?;
                Ok(TensorObject::value(Tensor::new(initializer.make(&shape)?)))
            }
            Made::Regularizer(regularizer) => {
                let [x] = bind(&name, "x", arguments)?;
                Ok(TensorObject::value(regularizer.penalty(&to_tensor(&x)?)?))
            }
            Made::Constraint(constraint) => {
                let [w] = bind(&name, "w", arguments)?;
                Ok(TensorObject::value(Tensor::new(constraint.project(to_tensor(&w)?.array())?)))
            }
            Made::Schedule(schedule) => {
                let [step] = bind(&name, "step", arguments)?;
                let step = u64::try_from(step.as_int("step")?.max(0)).unwrap_or(0);
                Ok(TensorObject::value(Tensor::scalar(schedule.rate(step) as f32)?))
            }
            _ => Err(Exception::type_error(format!("'{name}' object is not callable"))),
        }
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(value) = self.own_attribute(name)? {
            return Ok(Some(value));
        }
        let config = self.config();
        Ok(config.as_ref().and_then(|config| config.get(name)).map(from_arg))
    }

    fn attribute_names(&self) -> Vec<String> {
        let mut names: Vec<String> = match &self.made {
            Made::Optimizer(_) => vec![
                "apply_gradients",
                "apply",
                "learning_rate",
                "iterations",
                "variables",
                "get_config",
                "minimize",
                "build",
            ],
            Made::Metric(_) => vec!["update_state", "result", "reset_state", "name", "get_config"],
            _ => vec!["get_config", "name"],
        }
        .into_iter()
        .map(str::to_owned)
        .collect();
        if let Some(Arg::Map(config)) = self.config() {
            names.extend(config.into_iter().map(|(name, _)| name));
        }
        names
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        match (&self.made, name) {
            (Made::Optimizer(optimizer), "learning_rate" | "lr") => {
                optimizer.set_learning_rate(number(&value)?)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

impl MadeObject {
    fn own_attribute(&self, name: &str) -> PyResult<Option<Value>> {
        let made = self.made.clone();
        let class = self.type_name();
        let value = match (&self.made, name) {
            (_, "get_config") => {
                let config = self.config().unwrap_or(Arg::Map(Vec::new()));
                Native::value("get_config", "", "The arguments, as a dict.", move |_| {
                    Ok(from_config(&config))
                })
            }
            (Made::Activation(activation), "__name__") => Value::str(activation.name()),
            (Made::Metric(metric), "name") => Value::str(metric.name()),
            (Made::Loss(loss), "name") => Value::str(loss.name()),
            (Made::Metric(metric), "update_state") => {
                let metric = metric.clone();
                let doc = "Takes a batch in.";
                documented("update_state", UPDATE_STATE, doc, move |arguments| {
                    update_metric(&*metric, &class, arguments).map(|()| Value::None)
                })
            }
            (Made::Metric(metric), "result") => {
                let metric = metric.clone();
                with_parameters("result", "", "The value so far.", move |[]| {
                    metric_result(&*metric)
                })
            }
            (Made::Metric(metric), "reset_state" | "reset_states") => {
                let metric = metric.clone();
                with_parameters("reset_state", "", "Forgets what was gathered.", move |[]| {
                    metric.reset();
                    Ok(Value::None)
                })
            }
            (Made::Optimizer(optimizer), "optimizers") if wraps(&**optimizer, "optimizers/") => {
                let made = |(_, one): (String, Rc<dyn Optimizer>)| from_made(&Made::Optimizer(one));
                Value::list(optimizer.wrapped().into_iter().map(made).collect())
            }
            (Made::Optimizer(optimizer), "inner_optimizer")
                if wraps(&**optimizer, "inner_optimizer") =>
            {
                match optimizer.wrapped().pop() {
                    Some((_, inner)) => from_made(&Made::Optimizer(inner)),
                    None => return Ok(None),
                }
            }
            (Made::Optimizer(optimizer), "learning_rate" | "lr")
                if wraps(&**optimizer, "optimizers/") =>
            {
                return Err(Exception::attribute_error(
                    "several optimizers have several learning rates",
                )
                .with_hint("[one.learning_rate for one in optimizer.optimizers]"));
            }
            (Made::Optimizer(optimizer), "learning_rate" | "lr") => {
                RateObject::value(optimizer.clone())
            }
            (Made::Optimizer(optimizer), "iterations") => TensorObject::value(Tensor::from_vec(
                vec![i64::try_from(optimizer.iterations()).unwrap_or(i64::MAX)],
                &[],
            )?),
            (Made::Optimizer(optimizer), "apply_gradients" | "apply") => {
                let (optimizer, name) = (optimizer.clone(), name.to_owned());
                let signature = if name == "apply" { APPLY } else { APPLY_GRADIENTS };
                let doc = "Changes variables by their gradients: one step.";
                documented(&name.clone(), signature, doc, move |arguments| {
                    apply_gradients(&*optimizer, &name, arguments)
                })
            }
            (Made::Optimizer(optimizer), "build") => {
                let optimizer = optimizer.clone();
                let doc = "Makes what the optimizer keeps for variables.";
                with_parameters("build", "variables", doc, move |[variables]| {
                    optimizer.build(&variables_of(&variables)?)?;
                    Ok(Value::None)
                })
            }
            (Made::Optimizer(_) | Made::Loss(_), "_made") => MadeObject::value(made),
            _ => return Ok(None),
        };
        Ok(Some(value))
    }
}

/// A method in Rust that gets what was written between the parentheses.
pub fn method(name: &str, code: impl Fn(Arguments) -> PyResult<Value> + 'static) -> Value {
    Value::object(Method { name: name.to_owned(), signature: None, doc: "", code: Box::new(code) })
}

/// A method with a documentation and exactly `N` parameters, which it gets bound.
pub fn with_parameters<const N: usize>(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    code: impl Fn([Value; N]) -> PyResult<Value> + 'static,
) -> Value {
    documented(name, signature, doc, move |arguments| code(bind(name, signature, arguments)?))
}

/// A method whose parameters and documentation completion and help can show.
pub fn documented(
    name: &str,
    signature: &'static str,
    doc: &'static str,
    code: impl Fn(Arguments) -> PyResult<Value> + 'static,
) -> Value {
    let signature = Some(signature);
    Value::object(Method { name: name.to_owned(), signature, doc, code: Box::new(code) })
}

struct Method {
    name: String,
    /// `None` if it is not told.
    signature: Option<&'static str>,
    doc: &'static str,
    code: Box<dyn Fn(Arguments) -> PyResult<Value>>,
}

impl Object for Method {
    fn type_name(&self) -> String {
        "method".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<bound method {}>", self.name))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        (self.code)(arguments)
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "__name__").then(|| Value::str(&self.name)))
    }

    fn doc(&self) -> Option<Doc> {
        let signature = format!("{}({})", self.name, self.signature?);
        Some(Doc { signature, text: self.doc.to_owned() })
    }

    fn signature(&self) -> Option<Signature> {
        self.signature.map(Signature::parse)
    }
}

/// Binds arguments to a signature with exactly `N` parameters (a trailing `**kwargs` is dropped).
pub fn bind<const N: usize>(
    function: &str,
    signature: &str,
    arguments: Arguments,
) -> PyResult<[Value; N]> {
    let mut values = crate::runtime::Signature::parse(signature).bind(function, arguments)?;
    values.truncate(N);
    values.try_into().map_err(|_| {
        Exception::new("InternalError", format!("{function}: signature and values differ"))
    })
}

/// A number from anything that is one: a float, a numpy scalar, a tensor of one element.
pub fn number(value: &Value) -> PyResult<f64> {
    match value.downcast::<TensorObject>() {
        Some(tensor) => Ok(tensor.tensor().item()?),
        None => value.as_float("the value"),
    }
}

fn optional_tensor(value: &Value) -> PyResult<Option<Tensor>> {
    if value.is_none() { Ok(None) } else { to_tensor(value).map(Some) }
}

/// The parameters of `metric.update_state`.
const UPDATE_STATE: &str = "y_true, y_pred, sample_weight=None";

fn update_metric(
    metric: &dyn kerai_engine::metrics::Metric,
    name: &str,
    arguments: Arguments,
) -> PyResult<()> {
    // Metrics of plain values (Mean, Sum) take one tensor.
    let positional = arguments.positional.len();
    let by_name = |name: &str| arguments.keywords.iter().any(|(n, _)| &**n == name);
    if by_name("values") || (positional == 1 && !by_name("y_pred")) {
        let [values, weights] = bind(name, "values, sample_weight=None", arguments)?;
        return Ok(metric.update_values(&to_tensor(&values)?, optional_tensor(&weights)?.as_ref())?);
    }
    let [truth, prediction, weights] = bind(name, UPDATE_STATE, arguments)?;
    Ok(metric.update(
        &to_tensor(&truth)?,
        &to_tensor(&prediction)?,
        optional_tensor(&weights)?.as_ref(),
    )?)
}

fn metric_result(metric: &dyn kerai_engine::metrics::Metric) -> PyResult<Value> {
    let values: Vec<f32> = metric.result()?.into_iter().map(|value| value as f32).collect();
    let shape: Vec<usize> =
        if metric.is_vector() || values.len() != 1 { vec![values.len()] } else { Vec::new() };
    Ok(TensorObject::value(Tensor::from_vec(values, &shape)?))
}

/// The variables in a list.
pub fn variables_of(value: &Value) -> PyResult<Vec<Rc<Variable>>> {
    let items = iterate::collect(value)?;
    items
        .iter()
        .map(|item| match item.downcast::<VariableObject>() {
            Some(variable) => Ok(variable.variable().clone()),
            None => Err(item.wrong_type("a variable", "a keras.Variable")),
        })
        .collect()
}

/// The parameters of `optimizer.apply`.
const APPLY: &str = "grads, trainable_variables";

/// The parameters of `optimizer.apply_gradients`.
const APPLY_GRADIENTS: &str = "grads_and_vars";

fn apply_gradients(optimizer: &dyn Optimizer, name: &str, arguments: Arguments) -> PyResult<Value> {
    crate::runtime::rehearsal::step();
    let (mut gradients, mut variables) = (Vec::new(), Vec::new());
    if name == "apply" {
        let [grads, vars] = bind("apply", APPLY, arguments)?;
        for gradient in iterate::collect(&grads)? {
            gradients.push(optional_tensor(&gradient)?.map(Tensor::into_array));
        }
        variables = variables_of(&vars)?;
    } else {
        let [pairs] = bind("apply_gradients", APPLY_GRADIENTS, arguments)?;
        for pair in iterate::collect(&pairs)? {
            let [gradient, variable] =
                <[Value; 2]>::try_from(iterate::collect(&pair)?).map_err(|_| {
                    Exception::value_error("apply_gradients needs pairs of gradient and variable")
                        .with_hint("zip(gradients, model.trainable_variables)")
                })?;
            gradients.push(optional_tensor(&gradient)?.map(Tensor::into_array));
            variables.extend(variables_of(&Value::list(vec![variable]))?);
        }
    }
    if gradients.iter().all(Option::is_none) {
        return Err(Exception::value_error("no gradient reaches any of the variables").with_hint(
            "compute the loss inside `with tf.GradientTape() as tape:`, from the model's output",
        ));
    }
    optimizer.apply(&gradients, &variables)?;
    Ok(Value::None)
}

/// Whether an optimizer wraps others that a file has under this path.
fn wraps(optimizer: &dyn Optimizer, path: &str) -> bool {
    optimizer.wrapped().iter().any(|(known, _)| known.starts_with(path))
}

/// `optimizer.learning_rate`: a variable that can be read as a number and assigned.
struct RateObject(Rc<dyn Optimizer>);

impl RateObject {
    fn value(optimizer: Rc<dyn Optimizer>) -> Value {
        Value::object(RateObject(optimizer))
    }

    fn rate(&self) -> f32 {
        self.0.learning_rate() as f32
    }
}

impl Object for RateObject {
    fn type_name(&self) -> String {
        "Variable".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!(
            "<Variable path=optimizer/learning_rate, shape=(), dtype=float32, value={}>",
            self.rate()
        ))
    }

    fn as_scalar(&self) -> Option<Value> {
        Some(Value::Float(f64::from(self.rate())))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let rate = self.rate();
        Ok(Some(match name {
            "numpy" => method("numpy", move |_| Ok(Array::from_f32(&[], vec![rate]).to_value())),
            "value" => TensorObject::value(Tensor::scalar(rate)?),
            "assign" => {
                let optimizer = self.0.clone();
                method("assign", move |arguments| {
                    let [value] = bind("assign", "value", arguments)?;
                    optimizer.set_learning_rate(number(&value)?)?;
                    Ok(Value::None)
                })
            }
            _ => return Ok(None),
        }))
    }

    fn binary(
        &self,
        _this: &Value,
        op: crate::runtime::BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        let own = Value::Float(f64::from(self.rate()));
        Some(if reflected {
            crate::runtime::operators::binary(op, other, &own)
        } else {
            crate::runtime::operators::binary(op, &own, other)
        })
    }

    fn compare(
        &self,
        _this: &Value,
        op: crate::runtime::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        Some(crate::runtime::operators::compare(op, &Value::Float(f64::from(self.rate())), other))
    }
}

/// The arguments of a call by the names of an entry's arguments.
pub fn to_config(
    entry: &kerai_engine::catalog::Entry,
    arguments: Arguments,
) -> PyResult<kerai_engine::config::Config> {
    let Arguments { positional, keywords } = arguments;
    if positional.len() > entry.args.len() {
        return Err(Exception::type_error(format!(
            "{}() takes at most {} positional arguments but {} were given",
            entry.name,
            entry.args.len(),
            positional.len()
        )));
    }
    let mut config = Vec::new();
    for (spec, value) in entry.args.iter().zip(&positional) {
        config.push((spec.name.to_owned(), to_arg(value)?));
    }
    for (name, value) in &keywords {
        if config.iter().any(|(known, _)| known == &**name) {
            return Err(Exception::type_error(format!(
                "{}() got multiple values for argument '{name}'",
                entry.name
            )));
        }
        config.push((name.to_string(), to_arg(value)?));
    }
    Ok(config)
}
