//! Expressions: names, literals, operators, comparisons, subscripts, f-strings, comprehensions.

use super::names::Place;
use super::{Lower, quote, variable};
use crate::runtime::Exception;
use crate::source::parse::{Ranged, ast};
use crate::source::refuse;
use ast::{CmpOp, Expr, Number, Operator, UnaryOp};

impl<'a> Lower<'a, '_> {
    /// Emits an expression that yields a value.
    pub(super) fn expression(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                let id = self.private(&name.id);
                self.load(name.start().to_usize(), &id);
            }
            Expr::NumberLiteral(number) => self.number(number),
            Expr::StringLiteral(text) => {
                // Rhai's own strings would add to `()` and the like; natives take them as they are.
                let text = quote(text.value.to_str());
                self.at(expr, &format!("_text({text})"));
            }
            Expr::BooleanLiteral(flag) => self.at(expr, if flag.value { "true" } else { "false" }),
            Expr::NoneLiteral(_) => self.at(expr, "()"),
            Expr::EllipsisLiteral(_) => self.at(expr, "_ellipsis()"),
            Expr::List(list) => self.sequence(expr, "_list(", &list.elts),
            Expr::Tuple(tuple) => self.sequence(expr, "_tuple(", &tuple.elts),
            Expr::Set(set) => self.sequence(expr, "_set(", &set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Attribute(attribute) => {
                let name = self.private(&attribute.attr);
                self.at(&attribute.attr, "_attr(");
                self.expression(&attribute.value);
                self.put(&format!(", {})", quote(&name)));
            }
            Expr::Subscript(subscript) => {
                self.at(expr, "_item(");
                self.first(&subscript.value, &[&subscript.slice]);
                self.comma();
                self.argument(&subscript.slice);
                self.put(")");
            }
            Expr::Slice(slice) => {
                self.at(expr, "_slice(");
                for (i, part) in [&slice.lower, &slice.upper, &slice.step].into_iter().enumerate() {
                    if i > 0 {
                        self.comma();
                    }
                    match part {
                        Some(part) => self.expression(part),
                        None => self.put("()"),
                    }
                }
                self.put(")");
            }
            Expr::BinOp(operation) => self.binary(operation),
            Expr::UnaryOp(operation) => self.unary(expr, operation),
            Expr::BoolOp(operation) => self.boolean(operation),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => {
                self.at(expr, "(if ");
                self.condition(&choice.test);
                let before = self.function().bound.clone();
                self.put(" { ");
                self.expression(&choice.body);
                self.put(" } else { ");
                self.function().bound = before.clone();
                self.expression(&choice.orelse);
                self.put(" })");
                self.function().bound = before;
            }
            Expr::Named(named) => {
                let kept = self.temporary();
                self.put(&format!("{{ let {kept} = "));
                self.expression(&named.value);
                self.put("; ");
                self.store(&named.target, &kept);
                self.put(&format!("{kept} }}"));
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Call(call) => self.call(call),
            Expr::FString(text) => self.f_string(text),
            Expr::ListComp(c) => {
                self.comprehension(expr, "_list([])", &c.generators, |lower, result| {
                    lower.put(&format!("_push({result}, "));
                    lower.expression(&c.elt);
                    lower.put(");");
                });
            }
            Expr::SetComp(c) => {
                self.comprehension(expr, "_set([])", &c.generators, |lower, result| {
                    lower.at(&*c.elt, &format!("_push({result}, "));
                    lower.expression(&c.elt);
                    lower.put(");");
                });
            }
            Expr::DictComp(c) => {
                self.comprehension(expr, "_dict([])", &c.generators, |lower, result| {
                    lower.at(&*c.key, &format!("_put({result}, "));
                    lower.expression(&c.key);
                    lower.comma();
                    lower.expression(&c.value);
                    lower.put(");");
                });
            }
            Expr::Generator(generator) => self.generator_expression(generator),
            Expr::Yield(value) => {
                self.check_yield(expr);
                self.at(expr, "_yield(");
                match &value.value {
                    Some(value) => self.expression(value),
                    None => self.put("()"),
                }
                self.put(")");
            }
            Expr::YieldFrom(value) => {
                self.check_yield(expr);
                self.at(expr, "_yield_from(");
                self.expression(&value.value);
                self.put(")");
            }
            Expr::Starred(_) => {
                self.syntax_error(expr, "can't use starred expression here");
                self.put("()");
            }
            Expr::Await(_) => self.refused(expr, refuse::ASYNC),
            Expr::BytesLiteral(literal) => {
                // One character per byte.
                let text: String = literal.value.bytes().map(char::from).collect();
                self.put(&format!("_bytes({})", quote(&text)));
            }
            Expr::TString(_) => self.refused(expr, refuse::TEMPLATE),
            Expr::IpyEscapeCommand(command) => {
                self.escape(expr.start().to_usize(), command.kind, &command.value);
            }
        }
    }

    /// Emits an expression that is an argument of a native.
    pub(super) fn argument(&mut self, expr: &'a Expr) {
        match expr {
            Expr::StringLiteral(text) => {
                let text = quote(text.value.to_str());
                self.at(expr, &text);
            }
            expr => self.expression(expr),
        }
    }

    fn refused(&mut self, node: &impl Ranged, refusal: refuse::Refusal) {
        self.refuse(node, refusal);
        self.put("()");
    }

    fn check_yield(&mut self, node: &impl Ranged) {
        if !self.function().is_generator {
            self.syntax_error(node, "'yield' outside function");
        } else if self.names.scopes[self.scope].kind == super::names::Kind::Class {
            self.refuse(node, refuse::YIELD_IN_CLASS);
        }
    }

    fn number(&mut self, number: &ast::ExprNumberLiteral) {
        match &number.value {
            Number::Int(int) => match int.as_i64() {
                Some(int) => self.at(number, &int.to_string()),
                None => {
                    let error = Exception::new(
                        "OverflowError",
                        "Python int too large: kerai's integers have 64 bits",
                    );
                    let error = error.with_hint("write it as a float, for example 1e30");
                    self.fail(number.start().to_usize(), error);
                    self.put("0");
                }
            },
            Number::Float(float) => {
                let text = float_literal(*float);
                self.at(number, &text);
            }
            Number::Complex { .. } => self.refused(number, refuse::COMPLEX),
        }
    }

    /// The first argument of a native. Rhai passes a variable there by reference, after it has evaluated the others:
    /// if they may change it, its value is taken first.
    pub(super) fn first(&mut self, expr: &'a Expr, others: &[&'a Expr]) {
        let is_variable = matches!(expr, Expr::Name(_));
        if is_variable && others.iter().any(|other| contains_walrus(other)) {
            self.put("{ ");
            self.expression(expr);
            self.put(" }");
        } else {
            self.expression(expr);
        }
    }

    /// Elements between brackets; `*x` becomes `_spread(x)`.
    pub(super) fn elements(&mut self, elements: &'a [Expr]) {
        self.put("[");
        for (i, element) in elements.iter().enumerate() {
            if i > 0 {
                self.comma();
            }
            match element {
                Expr::Starred(starred) => {
                    self.at(element, "_spread(");
                    self.expression(&starred.value);
                    self.put(")");
                }
                element => self.argument(element),
            }
        }
        self.put("]");
    }

    fn sequence(&mut self, node: &impl Ranged, native: &str, elements: &'a [Expr]) {
        self.at(node, native);
        self.elements(elements);
        self.put(")");
    }

    fn dict(&mut self, dict: &'a ast::ExprDict) {
        self.at(dict, "_dict([");
        for (i, item) in dict.items.iter().enumerate() {
            if i > 0 {
                self.comma();
            }
            match &item.key {
                Some(key) => {
                    self.argument(key);
                    self.comma();
                    self.argument(&item.value);
                }
                None => {
                    self.at(&item.value, "_spread(");
                    self.expression(&item.value);
                    self.put("), ()");
                }
            }
        }
        self.put("])");
    }

    fn binary(&mut self, operation: &'a ast::ExprBinOp) {
        // Rhai's own + and * are Python's for numbers (checked) and fall back to natives for everything else. Its -
        // also takes strings apart, and its comparisons of floats have a tolerance, so those are natives throughout.
        let sign = match operation.op {
            Operator::Add => Some(" + "),
            Operator::Mult => Some(" * "),
            Operator::Sub if is_numeric(&operation.left) || is_numeric(&operation.right) => {
                Some(" - ")
            }
            _ => None,
        };
        if let Some(sign) = sign {
            self.put("(");
            self.first(&operation.left, &[&operation.right]);
            self.at(operation, sign);
            self.expression(&operation.right);
            self.put(")");
            return;
        }
        self.at(operation, refuse::operator(operation.op).0);
        self.put("(");
        self.first(&operation.left, &[&operation.right]);
        self.comma();
        self.expression(&operation.right);
        self.put(")");
    }

    fn unary(&mut self, node: &Expr, operation: &'a ast::ExprUnaryOp) {
        let native = match operation.op {
            UnaryOp::Not => {
                self.put("!");
                self.put("(");
                self.condition(&operation.operand);
                self.put(")");
                return;
            }
            UnaryOp::USub => match &*operation.operand {
                Expr::NumberLiteral(number) => match &number.value {
                    Number::Int(int) if int.as_u64() == Some(1 << 63) => {
                        self.at(node, "_min_int()");
                        return;
                    }
                    Number::Int(int) if int.as_i64().is_some() => {
                        self.at(node, &format!("(-{int})"));
                        return;
                    }
                    Number::Float(float) if float.is_finite() => {
                        let text = float_literal(*float);
                        self.at(node, &format!("(-{text})"));
                        return;
                    }
                    _ => "_neg(",
                },
                _ => "_neg(",
            },
            UnaryOp::UAdd => "_pos(",
            UnaryOp::Invert => "_invert(",
        };
        self.at(node, native);
        self.expression(&operation.operand);
        self.put(")");
    }

    /// `a and b`, `a or b` as values.
    fn boolean(&mut self, operation: &'a ast::ExprBoolOp) {
        let is_and = operation.op == ast::BoolOp::And;
        let Some((last, front)) = operation.values.split_last() else { return };
        let before = self.function().bound.clone();
        for value in front {
            let kept = self.temporary();
            self.put(&format!("{{ let {kept} = "));
            self.expression(value);
            self.put("; ");
            let not = if is_and { "!" } else { "" };
            self.at(value, &format!("if {not}_truth({kept}) {{ {kept} }} else {{ "));
        }
        self.expression(last);
        for _ in front {
            self.put(" } }");
        }
        self.function().bound = before;
    }

    /// Emits an expression that yields a Rhai `bool`: Python's truth of it.
    pub(super) fn condition(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BooleanLiteral(_) => self.expression(expr),
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.put("!(");
                self.condition(&operation.operand);
                self.put(")");
            }
            Expr::BoolOp(operation) => {
                let sign = if operation.op == ast::BoolOp::And { " && " } else { " || " };
                let before = self.function().bound.clone();
                self.put("(");
                for (i, value) in operation.values.iter().enumerate() {
                    if i > 0 {
                        self.put(sign);
                    }
                    self.condition(value);
                }
                self.put(")");
                self.function().bound = before;
            }
            Expr::Compare(compare) if compare.ops.len() == 1 => {
                let right = &compare.comparators[0];
                self.at(compare, comparison(compare.ops[0], true));
                self.first(&compare.left, &[right]);
                self.comma();
                self.argument(right);
                self.put(")");
            }
            _ => {
                self.at(expr, "_truth(");
                self.expression(expr);
                self.put(")");
            }
        }
    }

    fn compare(&mut self, compare: &'a ast::ExprCompare) {
        if let ([op], [right]) = (&*compare.ops, &*compare.comparators) {
            self.at(compare, comparison(*op, false));
            self.first(&compare.left, &[right]);
            self.comma();
            self.argument(right);
            self.put(")");
            return;
        }
        let mut left = self.temporary();
        self.put(&format!("{{ let {left} = "));
        self.expression(&compare.left);
        self.put("; ");
        let count = compare.ops.len();
        for (i, (op, right)) in compare.ops.iter().zip(&compare.comparators).enumerate() {
            let native = comparison(*op, false);
            let kept = self.temporary();
            self.put(&format!("let {kept} = "));
            self.expression(right);
            self.put("; ");
            if i + 1 == count {
                self.at(right, &format!("{native}{left}, {kept})"));
                break;
            }
            let result = self.temporary();
            self.at(right, &format!("let {result} = {native}{left}, {kept}); "));
            self.put(&format!("if !_truth({result}) {{ {result} }} else {{ "));
            left = kept;
        }
        for _ in 1..count {
            self.put(" }");
        }
        self.put(" }");
    }

    fn f_string(&mut self, text: &'a ast::ExprFString) {
        self.at(text, "_join([");
        let mut first = true;
        for part in &text.value {
            match part {
                ast::FStringPart::Literal(literal) => {
                    self.separate(&mut first);
                    self.put(&quote(&literal.value));
                }
                ast::FStringPart::FString(text) => {
                    self.interpolated(&text.elements, &mut first);
                }
            }
        }
        self.put("])");
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.comma();
        }
    }

    fn interpolated(&mut self, elements: &'a ast::InterpolatedStringElements, first: &mut bool) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(literal) => {
                    self.separate(first);
                    self.put(&quote(&literal.value));
                }
                ast::InterpolatedStringElement::Interpolation(part) => {
                    let mut conversion = match part.conversion {
                        ast::ConversionFlag::None => "",
                        ast::ConversionFlag::Str => "s",
                        ast::ConversionFlag::Ascii => "a",
                        ast::ConversionFlag::Repr => "r",
                    };
                    if let Some(debug) = &part.debug_text {
                        let range = part.expression.range();
                        let code = &self.text[range.start().to_usize()..range.end().to_usize()];
                        let shown = format!("{}{code}{}", debug.leading, debug.trailing);
                        self.separate(first);
                        self.put(&quote(&shown));
                        if conversion.is_empty() && part.format_spec.is_none() {
                            conversion = "r";
                        }
                    }
                    self.separate(first);
                    self.at(part, "_format(");
                    self.expression(&part.expression);
                    self.put(&format!(", \"{conversion}\", "));
                    match &part.format_spec {
                        None => self.put("\"\""),
                        Some(spec) => {
                            self.put("_join([");
                            self.interpolated(&spec.elements, &mut true);
                            self.put("])");
                        }
                    }
                    self.put(")");
                }
            }
        }
    }

    /// A list, set or dict comprehension: loops in a block of the function around it, with names of their own.
    fn comprehension(
        &mut self,
        node: &'a Expr,
        start: &str,
        generators: &'a [ast::Comprehension],
        add: impl FnOnce(&mut Self, &str),
    ) {
        let result = self.temporary();
        let items = self.temporary();
        self.put("{ ");
        if let Some(first) = generators.first() {
            self.put(&format!("let {items} = "));
            self.at(&first.iter, "_iter(");
            self.expression(&first.iter);
            self.put("); ");
        }
        self.at(node, &format!("let {result} = {start}; "));
        let outer = self.scope;
        self.scope = self.names.opened_by(node);
        self.declare_comprehension_names();
        self.comprehension_loops(generators, &items, |lower| add(lower, &result));
        self.scope = outer;
        self.put(&format!("{result} }}"));
    }

    fn declare_comprehension_names(&mut self) {
        let scope = self.scope;
        let mut names: Vec<String> = self.names.scopes[scope].bound.iter().cloned().collect();
        names.sort();
        for name in names {
            let variable = variable(scope, &name);
            if self.names.place(scope, &name) == Place::Cell(scope) {
                self.put(&format!("let {variable} = _cell(); "));
            } else {
                self.put(&format!("let {variable} = (); "));
                self.function().bound.insert(variable);
            }
        }
    }

    /// The loops of a comprehension; the first one runs over the iterator in `items`.
    pub(super) fn comprehension_loops(
        &mut self,
        generators: &'a [ast::Comprehension],
        items: &str,
        add: impl FnOnce(&mut Self),
    ) {
        for (i, generator) in generators.iter().enumerate() {
            if generator.is_async {
                self.refuse(generator, refuse::ASYNC);
            }
            let item = self.temporary();
            self.put(&format!("for {item} in "));
            if i == 0 {
                self.at(&generator.iter, items);
            } else {
                self.at(&generator.iter, "_iter(");
                self.expression(&generator.iter);
                self.put(")");
            }
            self.put(" { ");
            self.store(&generator.target, &item);
            for condition in &generator.ifs {
                self.put("if !(");
                self.condition(condition);
                self.put(") { continue; } ");
            }
        }
        add(self);
        for _ in generators {
            self.put(" }");
        }
        self.put(" ");
    }
}

/// The native of a comparison; `as_bool`: the one that gives its truth.
fn comparison(op: CmpOp, as_bool: bool) -> &'static str {
    match (op, as_bool) {
        (CmpOp::Eq, false) => "_eq(",
        (CmpOp::NotEq, false) => "_ne(",
        (CmpOp::Lt, false) => "_lt(",
        (CmpOp::LtE, false) => "_le(",
        (CmpOp::Gt, false) => "_gt(",
        (CmpOp::GtE, false) => "_ge(",
        (CmpOp::Eq, true) => "_is_eq(",
        (CmpOp::NotEq, true) => "_is_ne(",
        (CmpOp::Lt, true) => "_is_lt(",
        (CmpOp::LtE, true) => "_is_le(",
        (CmpOp::Gt, true) => "_is_gt(",
        (CmpOp::GtE, true) => "_is_ge(",
        (CmpOp::Is, _) => "_is(",
        (CmpOp::IsNot, _) => "_is_not(",
        (CmpOp::In, _) => "_in(",
        (CmpOp::NotIn, _) => "_not_in(",
    }
}

/// Whether an expression cannot be a string, so that Rhai's own `-` is right.
fn is_numeric(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) => true,
        Expr::UnaryOp(operation) => operation.op != UnaryOp::Not,
        Expr::BinOp(operation) => {
            matches!(
                operation.op,
                Operator::Sub | Operator::Div | Operator::Pow | Operator::FloorDiv
            )
        }
        _ => false,
    }
}

fn contains_walrus(expr: &Expr) -> bool {
    ast::helpers::any_over_expr(expr, &|part| matches!(part, Expr::Named(_)))
}

/// A float as Rhai reads it: with a point, as Rhai wants it.
fn float_literal(float: f64) -> String {
    if !float.is_finite() {
        return "_infinity()".to_owned();
    }
    let text = format!("{float:?}");
    match text.split_once('e') {
        Some((head, tail)) if !head.contains('.') => format!("{head}.0e{tail}"),
        _ => text,
    }
}
