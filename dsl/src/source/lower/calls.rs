//! Calls: of names and values, of methods, with keywords and stars, `super()`.

use super::names::Place;
use super::{Lower, quote, variable};
use crate::source::parse::{Ranged, ast};
use ast::Expr;

/// Up to this many positional arguments are passed one by one.
pub(crate) const DIRECT: usize = 6;

impl<'a> Lower<'a, '_> {
    pub(super) fn call(&mut self, call: &'a ast::ExprCall) {
        let arguments = &call.arguments;
        let is_plain = arguments.keywords.is_empty()
            && arguments.args.len() <= DIRECT
            && !arguments.args.iter().any(|a| matches!(a, Expr::Starred(_)));
        let others: Vec<&Expr> = arguments.args.iter().collect();
        match &*call.func {
            Expr::Name(name) if name.id == "super" && arguments.is_empty() => {
                self.super_object(call);
            }
            Expr::Attribute(attribute) => {
                let name = quote(&self.private(&attribute.attr));
                self.at(&attribute.attr, if is_plain { "_method(" } else { "_method_with(" });
                self.first(&attribute.value, &others);
                self.put(&format!(", {name}"));
                self.arguments(arguments, is_plain);
                self.put(")");
            }
            callee => {
                self.at(call, if is_plain { "_call(" } else { "_call_with(" });
                self.first(callee, &others);
                self.arguments(arguments, is_plain);
                self.put(")");
            }
        }
    }

    /// Emits arguments after a first one: one by one, or as a list of positions and a list of names and values.
    pub(super) fn arguments(&mut self, arguments: &'a ast::Arguments, is_plain: bool) {
        self.comma_unless(is_plain && arguments.args.is_empty());
        if is_plain {
            for (i, argument) in arguments.args.iter().enumerate() {
                self.comma_unless(i == 0);
                self.argument(argument);
            }
            return;
        }
        self.elements(&arguments.args);
        self.put(", [");
        let mut seen: Vec<&str> = Vec::new();
        for (i, keyword) in arguments.keywords.iter().enumerate() {
            self.comma_unless(i == 0);
            match &keyword.arg {
                Some(name) => {
                    if seen.contains(&name.as_str()) {
                        let message = format!("keyword argument repeated: {name}");
                        self.syntax_error(keyword, &message);
                    }
                    seen.push(name);
                    self.put(&format!("{}, ", quote(name)));
                    self.argument(&keyword.value);
                }
                None => {
                    self.at(keyword, "_spread(");
                    self.expression(&keyword.value);
                    self.put("), ()");
                }
            }
        }
        self.put("]");
    }

    fn comma_unless(&mut self, not: bool) {
        if !not {
            self.comma();
        }
    }

    /// `super()`: the class that the method was written in, and the method's first argument.
    fn super_object(&mut self, call: &'a ast::ExprCall) {
        let class = self.names.place(self.scope, "__class__");
        let first = self.function().first_parameter.clone();
        match (class, first) {
            (Place::Cell(owner), Some(first)) => {
                let class = variable(owner, "__class__");
                self.at(call, &format!("_super(_load({class}, \"__class__\"), {first})"));
            }
            _ => {
                self.at(call, "_no_super()");
            }
        }
    }

    /// The place of a call's name, for errors.
    pub(super) fn offset(node: &impl Ranged) -> usize {
        node.start().to_usize()
    }
}
