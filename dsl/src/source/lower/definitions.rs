//! `def`, `lambda`, generator expressions and `class`.

use super::names::Place;
use super::{FunctionSpec, Lower, quote, variable};
use crate::runtime::arguments::ParameterKind;
use crate::source::parse::{Ranged, ast};
use crate::source::refuse;
use ast::{Expr, Stmt};
use std::rc::Rc;

impl<'a> Lower<'a, '_> {
    pub(super) fn function_definition(&mut self, def: &'a ast::StmtFunctionDef) {
        if def.is_async {
            self.refuse(def, refuse::ASYNC);
        }
        if def.type_params.is_some() {
            self.refuse(def, refuse::TYPE_PARAMETERS);
        }
        let decorators = self.keep_decorators(&def.decorator_list);
        let made = self.temporary();
        self.put(&format!("let {made} = "));
        let name = self.private(&def.name);
        self.function_value(def, &name, Some(&def.parameters), Body::Statements(&def.body));
        self.put(";");
        self.newline();
        self.decorate(&made, &decorators, &def.decorator_list);
        self.store_name(Self::offset(&def.name), &name, &made);
    }

    fn keep_decorators(&mut self, decorators: &'a [ast::Decorator]) -> Vec<String> {
        decorators.iter().map(|decorator| self.keep(&decorator.expression)).collect()
    }

    fn decorate(&mut self, made: &str, kept: &[String], decorators: &'a [ast::Decorator]) {
        for (kept, decorator) in kept.iter().zip(decorators).rev() {
            self.put(&format!("{made} = "));
            self.at(&decorator.expression, &format!("_call({kept}, {made});"));
            self.newline();
        }
    }

    pub(super) fn lambda(&mut self, lambda: &'a ast::ExprLambda) {
        let body = Body::Expression(&lambda.body);
        self.function_value(lambda, "<lambda>", lambda.parameters.as_deref(), body);
    }

    /// A generator expression: a generator function that gets the first iterator.
    pub(super) fn generator_expression(&mut self, generator: &'a ast::ExprGenerator) {
        // One loop needs no stack of its own: a function from an item to a result will do.
        let scope = self.names.opened_by(generator);
        if generator.generators.len() == 1 && self.names.scopes[scope].cells.is_empty() {
            self.at(generator, "_lazy(");
            self.function_value(generator, "<genexpr>", None, Body::Lazy(generator));
        } else {
            self.at(generator, "_call(");
            self.function_value(generator, "<genexpr>", None, Body::Generator(generator));
        }
        self.put(", ");
        if let Some(first) = generator.generators.first() {
            self.at(&first.iter, "_python_iter(");
            self.expression(&first.iter);
            self.put(")");
        }
        self.put(")");
    }

    /// Emits `_function(number, [defaults], [cells])` and, on the side, the Rhai function.
    fn function_value(
        &mut self,
        node: &'a impl Ranged,
        name: &str,
        parameters: Option<&'a ast::Parameters>,
        body: Body<'a>,
    ) {
        let number = self.numbers.function();
        let scope = self.names.opened_by(node);
        let mut spec = FunctionSpec {
            number,
            name: Rc::from(name),
            qualified: Rc::from(self.qualify(name)),
            doc: None,
            parameters: Vec::new(),
            with_default: Vec::new(),
            is_generator: matches!(body, Body::Generator(_))
                || self.names.scopes[scope].is_generator,
            offset: node.start().to_usize(),
            locals: self.names.scopes[scope].bound.iter().map(|n| Rc::from(n.as_str())).collect(),
        };
        self.at(node, &format!("_function({number}, ["));
        if let Some(parameters) = parameters {
            self.parameters(parameters, &mut spec);
        }
        self.put("], [");
        let free: Vec<(usize, String)> = self.names.scopes[scope].free.iter().cloned().collect();
        let cells: Vec<String> = free.iter().map(|(owner, name)| variable(*owner, name)).collect();
        self.put(&cells.join(", "));
        self.put("])");

        let mut variables = cells;
        let is_expression = matches!(body, Body::Generator(_) | Body::Lazy(_));
        if is_expression {
            variables.push("items".to_owned());
            spec.parameters.push((Rc::from(".0"), ParameterKind::Positional));
        }
        let own: Vec<String> =
            spec.parameters.iter().map(|(name, _)| variable(scope, name)).collect();
        if !is_expression {
            variables.extend(own.iter().cloned());
        }

        let outer = std::mem::replace(&mut self.scope, scope);
        self.open_function(false, spec.is_generator);
        self.function().first_parameter = spec.parameters.first().map(|(name, _)| {
            if self.names.scopes[scope].cells.contains(&**name) {
                format!("_load({}, {})", variable(scope, name), quote(name))
            } else {
                variable(scope, name)
            }
        });
        self.function().bound.extend(own);
        self.qualified.push(format!("{}.<locals>", spec.qualified));
        match body {
            Body::Statements(statements) => {
                spec.doc = Self::docstring(statements).map(Rc::from);
                self.body(statements);
                self.put("()");
            }
            Body::Expression(expr) => self.expression(expr),
            Body::Generator(generator) => {
                let names: Vec<String> =
                    self.names.scopes[scope].bound.iter().map(|n| variable(scope, n)).collect();
                self.function().bound.extend(names);
                self.comprehension_loops(&generator.generators, "_iter(items)", |lower| {
                    lower.at(&*generator.elt, "_yield(");
                    lower.expression(&generator.elt);
                    lower.put(");");
                });
                self.put("()");
            }
            Body::Lazy(generator) => {
                if let [only] = &generator.generators[..] {
                    if only.is_async {
                        self.refuse(only, refuse::ASYNC);
                    }
                    let names: Vec<String> =
                        self.names.scopes[scope].bound.iter().map(|n| variable(scope, n)).collect();
                    self.function().bound.extend(names);
                    self.store(&only.target, "items");
                    for condition in &only.ifs {
                        self.put("if !(");
                        self.condition(condition);
                        self.put(") { return _skip(); } ");
                    }
                    self.expression(&generator.elt);
                }
            }
        }
        self.qualified.pop();
        self.scope = outer;
        self.close_function(number, &variables, scope);
        self.specs.push(spec);
    }

    fn qualify(&self, name: &str) -> String {
        match self.qualified.last() {
            Some(outer) => format!("{outer}.{name}"),
            None => name.to_owned(),
        }
    }

    /// Emits the defaults and notes the parameters in the order in which Python binds them.
    fn parameters(&mut self, parameters: &'a ast::Parameters, spec: &mut FunctionSpec) {
        let mut seen: Vec<String> = Vec::new();
        let mut first = true;
        let groups = [
            (&parameters.posonlyargs, ParameterKind::Positional),
            (&parameters.args, ParameterKind::Normal),
            (&parameters.kwonlyargs, ParameterKind::Keyword),
        ];
        for (group, kind) in groups {
            if kind == ParameterKind::Keyword
                && let Some(rest) = &parameters.vararg
            {
                let name = self.private(&rest.name);
                spec.parameters.push((Rc::from(name.as_str()), ParameterKind::Rest));
                seen.push(name);
            }
            for parameter in group {
                let name = self.private(&parameter.parameter.name);
                if seen.contains(&name) {
                    let message = format!("duplicate argument '{name}' in function definition");
                    self.syntax_error(parameter, &message);
                }
                if let Some(default) = &parameter.default {
                    if !std::mem::take(&mut first) {
                        self.comma();
                    }
                    self.expression(default);
                    spec.with_default.push(spec.parameters.len());
                }
                spec.parameters.push((Rc::from(name.as_str()), kind));
                seen.push(name);
            }
        }
        if let Some(rest) = &parameters.kwarg {
            let name = self.private(&rest.name);
            spec.parameters.push((Rc::from(name.as_str()), ParameterKind::RestKeywords));
        }
    }

    /// A class body runs inside the function around it, on a namespace of its own.
    pub(super) fn class_definition(&mut self, class: &'a ast::StmtClassDef) {
        if class.type_params.is_some() {
            self.refuse(class, refuse::TYPE_PARAMETERS);
        }
        let decorators = self.keep_decorators(&class.decorator_list);
        let name = self.private(&class.name);
        let qualified = self.qualify(&class.name);
        let made = self.temporary();
        let doc = Self::docstring(&class.body).map_or("()".to_owned(), |doc| quote(&doc));
        self.put(&format!("let {made} = "));
        self.at(class, &format!("_class({}, {}, {doc}, ", quote(&class.name), quote(&qualified)));
        match &class.arguments {
            None => self.put("[], []"),
            Some(arguments) => {
                if arguments.keywords.iter().any(|k| k.arg.as_deref() == Some("metaclass")) {
                    self.metaclass(arguments);
                }
                self.elements(&arguments.args);
                self.put(", [");
                let mut first = true;
                for keyword in &arguments.keywords {
                    let Some(key) = &keyword.arg else { continue };
                    if key == "metaclass" {
                        continue;
                    }
                    if !std::mem::take(&mut first) {
                        self.comma();
                    }
                    self.put(&format!("{}, ", quote(key)));
                    self.expression(&keyword.value);
                }
                self.put("]");
            }
        }
        self.put(");");
        self.newline();

        let scope = self.names.opened_by(class);
        let outer = std::mem::replace(&mut self.scope, scope);
        let cell = variable(scope, "__class__");
        let has_cell = self.names.place(scope, "__class__") == Place::Cell(scope);
        if has_cell {
            self.put(&format!("let {cell} = _cell();"));
            self.newline();
        }
        self.classes.push((class.name.to_string(), made.clone()));
        self.qualified.push(qualified);
        self.body(&class.body);
        self.qualified.pop();
        self.classes.pop();
        self.scope = outer;
        self.put(&format!("{made} = "));
        self.at(class, &format!("_class_end({made});"));
        if has_cell {
            self.put(&format!(" _save({cell}, {made});"));
        }
        self.newline();
        self.decorate(&made, &decorators, &class.decorator_list);
        self.store_name(Self::offset(&class.name), &name, &made);
    }

    /// `metaclass=ABCMeta` changes nothing that a program without mistakes notices; others are refused.
    fn metaclass(&mut self, arguments: &'a ast::Arguments) {
        for keyword in &arguments.keywords {
            let is_abstract = match &keyword.value {
                Expr::Name(name) => name.id == "ABCMeta",
                Expr::Attribute(attribute) => &attribute.attr == "ABCMeta",
                _ => false,
            };
            if keyword.arg.as_deref() == Some("metaclass") && !is_abstract {
                self.refuse(keyword, refuse::METACLASS);
            }
        }
    }
}

/// What a function does.
#[derive(Clone, Copy)]
enum Body<'a> {
    Statements(&'a [Stmt]),
    Expression(&'a Expr),
    Generator(&'a ast::ExprGenerator),
    /// A generator expression with one loop: the function gets an item and gives the result or `_skip()`.
    Lazy(&'a ast::ExprGenerator),
}
