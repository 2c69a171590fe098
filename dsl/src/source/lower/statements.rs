//! Simple statements: assignments, imports, `del`, `raise`, `assert`, `return`, and escape commands.

use super::{Lower, Unwind, quote};
use crate::runtime::Exception;
use crate::source::parse::{Ranged, ast};
use crate::source::refuse;
use ast::{Expr, IpyEscapeKind, Stmt};

impl<'a> Lower<'a, '_> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            self.statement(stmt);
        }
    }

    fn statement(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(expr) => {
                // Text that is a statement of its own is a comment or a docstring.
                if !matches!(&*expr.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)) {
                    self.expression(&expr.value);
                    self.put(";");
                    self.newline();
                }
            }
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::AnnAssign(assign) => self.annotated(assign),
            Stmt::FunctionDef(def) => self.function_definition(def),
            Stmt::ClassDef(class) => self.class_definition(class),
            Stmt::Return(value) => self.return_statement(value),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            Stmt::For(each) => self.for_statement(each),
            Stmt::While(repeat) => self.while_statement(repeat),
            Stmt::If(choice) => self.if_statement(choice),
            Stmt::With(with) => self.with_statement(with),
            Stmt::Try(tried) => self.try_statement(tried),
            Stmt::Raise(raise) => self.raise(raise),
            Stmt::Assert(assert) => {
                self.put("if !(");
                self.condition(&assert.test);
                self.put(") { ");
                self.at(stmt, "_assert(");
                match &assert.msg {
                    Some(message) => self.elements(std::slice::from_ref(message)),
                    None => self.put("[]"),
                }
                self.put("); }");
                self.newline();
            }
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Break(_) => self.leave_loop(stmt, true),
            Stmt::Continue(_) => self.leave_loop(stmt, false),
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => {}
            Stmt::IpyEscapeCommand(command) => {
                self.escape(stmt.start().to_usize(), command.kind, &command.value);
                self.put(";");
                self.newline();
            }
            Stmt::Match(_) => self.refuse(stmt, refuse::MATCH),
            Stmt::TypeAlias(_) => self.refuse(stmt, refuse::TYPE_ALIAS),
        }
    }

    fn assign(&mut self, assign: &'a ast::StmtAssign) {
        // `a, b = b, a` needs no tuple.
        if let [Expr::Tuple(targets)] = &*assign.targets
            && let Expr::Tuple(values) = &*assign.value
            && targets.elts.len() == values.elts.len()
            && !targets.elts.iter().chain(&values.elts).any(|e| matches!(e, Expr::Starred(_)))
        {
            let mut kept = Vec::new();
            for value in &values.elts {
                kept.push(self.keep(value));
            }
            for (target, kept) in targets.elts.iter().zip(&kept) {
                self.store(target, kept);
            }
            return;
        }
        if let [target @ Expr::Name(name)] = &*assign.targets
            && let super::Place::Local(owner) = self.place(&self.private(&name.id))
        {
            let variable = super::variable(owner, &self.private(&name.id));
            self.at(target, &format!("{variable} = "));
            self.expression(&assign.value);
            self.put(";");
            self.newline();
            self.function().bound.insert(variable);
            return;
        }
        let kept = self.keep(&assign.value);
        for target in &assign.targets {
            self.store(target, &kept);
        }
    }

    /// Evaluates into a temporary variable and gives its name.
    pub(super) fn keep(&mut self, value: &'a Expr) -> String {
        let kept = self.temporary();
        self.put(&format!("let {kept} = "));
        self.expression(value);
        self.put(";");
        self.newline();
        kept
    }

    /// Emits the storing of an emitted expression into a target.
    pub(super) fn store(&mut self, target: &'a Expr, value: &str) {
        match target {
            Expr::Name(name) => {
                let id = self.private(&name.id);
                self.store_name(Self::offset(name), &id, value);
            }
            Expr::Attribute(attribute) => {
                let name = quote(&self.private(&attribute.attr));
                self.at(&attribute.attr, "_attr_set(");
                self.expression(&attribute.value);
                self.put(&format!(", {name}, {value});"));
                self.newline();
            }
            Expr::Subscript(subscript) => {
                self.at(target, "_item_set(");
                self.first(&subscript.value, &[&subscript.slice]);
                self.comma();
                self.argument(&subscript.slice);
                self.put(&format!(", {value});"));
                self.newline();
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.unpack(target, elts, value);
            }
            Expr::Starred(_) => {
                self.syntax_error(target, "starred assignment target must be in a list or tuple");
            }
            _ => self.syntax_error(target, "cannot assign to expression"),
        }
    }

    fn unpack(&mut self, node: &'a Expr, targets: &'a [Expr], value: &str) {
        let parts = self.temporary();
        let stars: Vec<usize> =
            (0..targets.len()).filter(|i| matches!(targets[*i], Expr::Starred(_))).collect();
        match stars[..] {
            [] => self.at(node, &format!("let {parts} = _unpack({value}, {});", targets.len())),
            [star] => {
                let after = targets.len() - star - 1;
                self.at(node, &format!("let {parts} = _unpack_star({value}, {star}, {after});"));
            }
            _ => self.syntax_error(node, "multiple starred expressions in assignment"),
        }
        self.newline();
        for (i, target) in targets.iter().enumerate() {
            let target = match target {
                Expr::Starred(starred) => &starred.value,
                target => target,
            };
            self.store(target, &format!("{parts}[{i}]"));
        }
    }

    fn augmented(&mut self, assign: &'a ast::StmtAugAssign) {
        let native = refuse::operator(assign.op).1;
        if let Expr::Name(name) = &*assign.target
            && let super::Place::Local(owner) = self.place(&self.private(&name.id))
        {
            let id = self.private(&name.id);
            self.augmented_local(assign, native, &super::variable(owner, &id), &id);
            return;
        }
        match &*assign.target {
            target @ Expr::Name(_) => {
                let kept = self.temporary();
                self.put(&format!("let {kept} = "));
                self.at(assign, &format!("{native}("));
                self.first(target, &[&assign.value]);
                self.comma();
                self.expression(&assign.value);
                self.put("); ");
                self.store(target, &kept);
            }
            Expr::Attribute(attribute) => {
                let name = quote(&self.private(&attribute.attr));
                let object = self.keep(&attribute.value);
                let kept = self.temporary();
                self.put(&format!("let {kept} = "));
                self.at(assign, &format!("{native}("));
                self.at(&attribute.attr, &format!("_attr({object}, {name})"));
                self.comma();
                self.expression(&assign.value);
                self.put("); ");
                self.at(&attribute.attr, &format!("_attr_set({object}, {name}, {kept});"));
                self.newline();
            }
            Expr::Subscript(subscript) => {
                let object = self.keep(&subscript.value);
                let key = self.keep(&subscript.slice);
                let kept = self.temporary();
                self.put(&format!("let {kept} = "));
                self.at(assign, &format!("{native}("));
                self.at(subscript, &format!("_item({object}, {key})"));
                self.comma();
                self.expression(&assign.value);
                self.put("); ");
                self.at(subscript, &format!("_item_set({object}, {key}, {kept});"));
                self.newline();
            }
            target => {
                self.syntax_error(target, "illegal expression for augmented assignment");
            }
        }
    }

    /// A variable of the function changes in place: Rhai's own operators do that for numbers, ours for the rest.
    fn augmented_local(
        &mut self,
        assign: &'a ast::StmtAugAssign,
        native: &str,
        variable: &str,
        name: &str,
    ) {
        if !self.is_certain(variable, name) {
            self.at(&*assign.target, &format!("_local({variable}, {}); ", quote(name)));
        }
        let sign = match assign.op {
            ast::Operator::Add => " += ",
            ast::Operator::Sub => " -= ",
            ast::Operator::Mult => " *= ",
            _ => "",
        };
        if sign.is_empty() {
            self.put(&format!("{variable} = "));
            self.at(assign, &format!("{native}({variable}, "));
            self.argument(&assign.value);
            self.put(");");
        } else {
            self.put(variable);
            self.at(assign, sign);
            self.expression(&assign.value);
            self.put(";");
        }
        self.newline();
        self.function().bound.insert(variable.to_owned());
    }

    fn annotated(&mut self, assign: &'a ast::StmtAnnAssign) {
        if let Some(value) = &assign.value {
            let kept = self.keep(value);
            self.store(&assign.target, &kept);
        }
        if self.names.scopes[self.scope].kind == super::names::Kind::Class
            && let Expr::Name(name) = &*assign.target
        {
            let class = self.class_variable();
            let range = assign.annotation.range();
            let annotation = &self.text[range.start().to_usize()..range.end().to_usize()];
            let text =
                format!("_class_annotate({class}, {}, {});", quote(&name.id), quote(annotation));
            self.put(&text);
            self.newline();
        }
    }

    fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => {
                let id = self.private(&name.id);
                self.delete_name(Self::offset(name), &id, false);
            }
            Expr::Attribute(attribute) => {
                let name = quote(&self.private(&attribute.attr));
                self.at(&attribute.attr, "_attr_del(");
                self.expression(&attribute.value);
                self.put(&format!(", {name});"));
                self.newline();
            }
            Expr::Subscript(subscript) => {
                self.at(target, "_item_del(");
                self.expression(&subscript.value);
                self.comma();
                self.expression(&subscript.slice);
                self.put(");");
                self.newline();
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                elts.iter().for_each(|element| self.delete(element));
            }
            _ => self.syntax_error(target, "cannot delete expression"),
        }
    }

    fn raise(&mut self, raise: &'a ast::StmtRaise) {
        match (&raise.exc, &raise.cause) {
            (None, _) => match self.function().handling.last().cloned() {
                Some(caught) => self.at(raise, &format!("_reraise({caught}")),
                None => self.at(raise, "_reraise_last("),
            },
            (Some(exception), None) => {
                self.at(raise, "_raise(");
                self.expression(exception);
            }
            (Some(exception), Some(cause)) => {
                self.at(raise, "_raise_from(");
                self.expression(exception);
                self.comma();
                self.expression(cause);
            }
        }
        self.put(");");
        self.newline();
    }

    fn return_statement(&mut self, value: &'a ast::StmtReturn) {
        let kind = self.names.scopes[self.scope].kind;
        if self.function().is_module || scope_is_class(kind) {
            self.syntax_error(value, "'return' outside function");
            return;
        }
        if self.function().unwinds.iter().all(|u| matches!(u, Unwind::Loop { .. })) {
            self.put("return ");
            match &value.value {
                Some(value) => self.expression(value),
                None => self.put("()"),
            }
        } else {
            let kept = match &value.value {
                Some(value) => self.keep(value),
                None => "()".to_owned(),
            };
            self.unwind_to(0);
            self.put(&format!("return {kept}"));
        }
        self.put(";");
        self.newline();
    }

    fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            let (name, take) = match &alias.asname {
                Some(name) => (name.as_str(), path),
                None => {
                    let top = path.split('.').next().unwrap_or(path);
                    (top, top)
                }
            };
            if take != path {
                self.at(alias, &format!("_import({});", quote(path)));
                self.newline();
            }
            let kept = self.temporary();
            self.put(&format!("let {kept} = "));
            self.at(alias, &format!("_import({});", quote(take)));
            self.newline();
            let name = self.private(name);
            self.store_name(Self::offset(alias), &name, &kept);
        }
    }

    fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        if import.level > 0 {
            self.refuse(import, refuse::RELATIVE_IMPORT);
            return;
        }
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        if module == "__future__" {
            return;
        }
        for alias in &import.names {
            let place = Self::offset(alias);
            if alias.name.as_str() == "*" {
                if !self.function().is_module {
                    self.syntax_error(alias, "import * only allowed at module level");
                }
                self.at(alias, &format!("_import_all({});", quote(module)));
                self.newline();
                continue;
            }
            let kept = self.temporary();
            self.put(&format!("let {kept} = "));
            let what = format!("_import_from({}, {});", quote(module), quote(&alias.name));
            self.at(alias, &what);
            self.newline();
            let name = self.private(alias.asname.as_ref().unwrap_or(&alias.name));
            self.store_name(place, &name, &kept);
        }
    }

    /// `%magic`, `!command`, `name?`
    pub(super) fn escape(&mut self, offset: usize, kind: IpyEscapeKind, value: &'a str) {
        match kind {
            IpyEscapeKind::Shell | IpyEscapeKind::ShCap => {
                let command = value.trim();
                let words: Vec<&str> = command.split_whitespace().collect();
                if words.first().is_some_and(|w| w.starts_with("pip") || *w == "conda") {
                    self.at_offset(offset, "_nothing_to_install()");
                    return;
                }
                let what = format!("`!{command}` is not run: {}", refuse::SHELL.0);
                let error = Exception::not_supported(what, refuse::shell_hint(command));
                self.fail(offset, error);
                self.put("()");
            }
            IpyEscapeKind::Help | IpyEscapeKind::Help2 => {
                let name = value.trim().trim_end_matches('?');
                let detail = i32::from(kind == IpyEscapeKind::Help2);
                self.at_offset(offset, &format!("_help({}, {detail})", quote(name)));
            }
            IpyEscapeKind::Magic | IpyEscapeKind::Magic2 => self.magic(offset, value),
            IpyEscapeKind::Quote | IpyEscapeKind::Quote2 | IpyEscapeKind::Paren => {
                let error = Exception::new("SyntaxError", "invalid syntax");
                self.fail(offset, error);
                self.put("()");
            }
        }
    }

    fn magic(&mut self, offset: usize, value: &'a str) {
        let value = value.trim();
        let (name, rest) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
        match name {
            "matplotlib" | "load_ext" | "config" | "reload_ext" | "autoreload" | "pylab" => {
                self.put("()");
            }
            "pip" | "conda" => self.at_offset(offset, "_nothing_to_install()"),
            "time" | "timeit" => {
                let call = format!("_{name}({})", quote(rest.trim()));
                self.at_offset(offset, &call);
            }
            _ => {
                let error = Exception::not_supported(
                    format!("the magic %{name} is not in kerai"),
                    "there are %time, %timeit, %matplotlib, %%rhai, %%time and %%timeit",
                );
                self.fail(offset, error);
                self.put("()");
            }
        }
    }
}

fn scope_is_class(kind: super::names::Kind) -> bool {
    kind == super::names::Kind::Class
}
