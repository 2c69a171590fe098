//! Control flow: if, loops with else, with, try, and leaving them all properly.

use super::{Lower, Unwind};
use crate::runtime::rehearsal;
use crate::source::parse::{Ranged, ast};
use crate::source::refuse;
use ast::{Expr, Stmt};
use std::collections::HashSet;

impl<'a> Lower<'a, '_> {
    /// Emits statements as the inside of a block; gives what is bound at its end and forgets it again.
    fn block(&mut self, body: &'a [Stmt]) -> HashSet<String> {
        let before = self.function().bound.clone();
        self.newline();
        self.body(body);
        std::mem::replace(&mut self.function().bound, before)
    }

    pub(super) fn if_statement(&mut self, choice: &'a ast::StmtIf) {
        self.put("if ");
        self.condition(&choice.test);
        self.put(" {");
        let mut bound = self.block(&choice.body);
        let mut has_else = false;
        for clause in &choice.elif_else_clauses {
            match &clause.test {
                Some(test) => {
                    self.put("} else if ");
                    self.condition(test);
                    self.put(" {");
                }
                None => {
                    has_else = true;
                    self.put("} else {");
                }
            }
            let other = self.block(&clause.body);
            bound.retain(|name| other.contains(name));
        }
        self.put("}");
        self.newline();
        if has_else {
            self.function().bound = bound;
        }
    }

    pub(super) fn while_statement(&mut self, repeat: &'a ast::StmtWhile) {
        let flag = self.else_flag(&repeat.orelse);
        if rehearsal::is_on() {
            let steps = self.temporary();
            self.put(&format!("let {steps} = _steps();"));
            self.newline();
            self.at(repeat, &format!("while _tick() && _goes_on({steps}) && "));
        } else {
            self.at(repeat, "while _tick() && ");
        }
        self.condition(&repeat.test);
        self.put(" {");
        self.loop_body(&repeat.body, flag.clone());
        self.else_block(&repeat.orelse, flag);
    }

    pub(super) fn for_statement(&mut self, each: &'a ast::StmtFor) {
        if each.is_async {
            self.refuse(each, refuse::ASYNC);
        }
        let flag = self.else_flag(&each.orelse);
        let item = self.temporary();
        self.put(&format!("for {item} in "));
        self.at(&*each.iter, "_iter(");
        self.expression(&each.iter);
        self.put(") { ");
        let before = self.function().bound.clone();
        self.store(&each.target, &item);
        self.loop_body(&each.body, flag.clone());
        self.function().bound = before;
        self.else_block(&each.orelse, flag);
    }

    fn else_flag(&mut self, orelse: &[Stmt]) -> Option<String> {
        if orelse.is_empty() {
            return None;
        }
        let flag = self.temporary();
        self.put(&format!("let {flag} = true;"));
        self.newline();
        Some(flag)
    }

    fn loop_body(&mut self, body: &'a [Stmt], flag: Option<String>) {
        self.function().unwinds.push(Unwind::Loop { flag });
        self.block(body);
        self.function().unwinds.pop();
        self.put("}");
        self.newline();
    }

    fn else_block(&mut self, orelse: &'a [Stmt], flag: Option<String>) {
        if let Some(flag) = flag {
            self.put(&format!("if {flag} {{"));
            self.block(orelse);
            self.put("}");
            self.newline();
        }
    }

    /// `break` or `continue`
    pub(super) fn leave_loop(&mut self, node: &Stmt, is_break: bool) {
        let unwinds = &self.function().unwinds;
        let target = unwinds
            .iter()
            .rposition(|unwind| matches!(unwind, Unwind::Loop { .. } | Unwind::Barrier));
        let Some(target) = target else {
            let what =
                if is_break { "'break' outside loop" } else { "'continue' not properly in loop" };
            self.syntax_error(node, what);
            return;
        };
        let Unwind::Loop { flag } = unwinds[target].clone() else {
            self.refuse(node, refuse::FINALLY_JUMP);
            return;
        };
        self.unwind_to(target + 1);
        if is_break {
            if let Some(flag) = flag {
                self.put(&format!("{flag} = false; "));
            }
            self.put("break;");
        } else {
            self.put("continue;");
        }
        self.newline();
    }

    /// Emits what must happen before control leaves all blocks above `depth`, innermost first.
    pub(super) fn unwind_to(&mut self, depth: usize) {
        let all = self.function().unwinds.clone();
        for level in (depth..all.len()).rev() {
            match &all[level] {
                Unwind::Loop { .. } | Unwind::Barrier => {}
                Unwind::With { flag, manager } => {
                    self.put(&format!("{flag} = true; _exit({manager}, ());"));
                    self.newline();
                }
                Unwind::Finally { flag, body } => {
                    self.put(&format!("{flag} = true;"));
                    self.newline();
                    self.function().unwinds.truncate(level);
                    self.finally_body(body);
                }
            }
        }
        self.function().unwinds = all;
    }

    fn finally_body(&mut self, body: &'a [Stmt]) {
        self.function().unwinds.push(Unwind::Barrier);
        self.block(body);
        self.function().unwinds.pop();
    }

    pub(super) fn with_statement(&mut self, with: &'a ast::StmtWith) {
        if with.is_async {
            self.refuse(with, refuse::ASYNC);
        }
        self.with_items(&with.items, &with.body);
    }

    fn with_items(&mut self, items: &'a [ast::WithItem], body: &'a [Stmt]) {
        let Some((item, rest)) = items.split_first() else {
            self.body(body);
            return;
        };
        let before = self.function().bound.clone();
        let manager = self.keep(&item.context_expr);
        let (value, flag) = (self.temporary(), self.temporary());
        self.put(&format!("let {value} = "));
        self.at(&item.context_expr, &format!("_enter({manager}); let {flag} = false;"));
        self.newline();
        self.put("try {");
        self.newline();
        self.function().unwinds.push(Unwind::With { flag: flag.clone(), manager: manager.clone() });
        if let Some(target) = &item.optional_vars {
            self.store(target, &value);
        }
        self.with_items(rest, body);
        self.function().unwinds.pop();
        let (raised, caught) = (self.temporary(), self.temporary());
        self.put(&format!(
            "}} catch ({raised}) {{ if {flag} {{ _rethrow({raised}); }} {flag} = true; "
        ));
        self.put(&format!("let {caught} = _caught({raised}); "));
        self.at(&item.context_expr, &format!("if !_exit({manager}, {caught}) {{ "));
        self.put(&format!("_reraise({caught}); }} }}"));
        self.newline();
        self.put(&format!("if !{flag} {{ "));
        self.at(&item.context_expr, &format!("_exit({manager}, ()); }}"));
        self.newline();
        // The block may have been left in the middle by an error that the manager swallowed.
        self.function().bound = before;
    }

    pub(super) fn try_statement(&mut self, tried: &'a ast::StmtTry) {
        if tried.is_star {
            self.refuse(tried, refuse::EXCEPT_STAR);
        }
        if tried.finalbody.is_empty() {
            self.try_except(tried);
            return;
        }
        let flag = self.temporary();
        let before = self.function().bound.clone();
        self.put(&format!("let {flag} = false; try {{"));
        self.newline();
        self.function()
            .unwinds
            .push(Unwind::Finally { flag: flag.clone(), body: &tried.finalbody });
        self.try_except(tried);
        self.function().unwinds.pop();
        let after = std::mem::replace(&mut self.function().bound, before);
        let (raised, caught) = (self.temporary(), self.temporary());
        self.put(&format!(
            "}} catch ({raised}) {{ if {flag} {{ _rethrow({raised}); }} {flag} = true; "
        ));
        self.put(&format!("let {caught} = _caught({raised});"));
        self.newline();
        self.finally_body(&tried.finalbody);
        self.put(&format!("_reraise({caught}); }}"));
        self.newline();
        self.function().bound = after;
        self.put(&format!("if !{flag} {{"));
        self.finally_body(&tried.finalbody);
        self.put("}");
        self.newline();
    }

    fn try_except(&mut self, tried: &'a ast::StmtTry) {
        if tried.handlers.is_empty() {
            self.body(&tried.body);
            return;
        }
        let (flag, raised, caught) = (self.temporary(), self.temporary(), self.temporary());
        self.put(&format!("let {flag} = false; try {{"));
        let mut bound = self.block(&tried.body);
        self.put(&format!("{flag} = true; }} catch ({raised}) {{ "));
        self.put(&format!("let {caught} = _caught({raised});"));
        self.newline();
        let mut catches_all = false;
        for (i, ast::ExceptHandler::ExceptHandler(handler)) in tried.handlers.iter().enumerate() {
            if i > 0 {
                self.put("} else ");
            }
            match &handler.type_ {
                Some(class) => {
                    self.at(&**class, &format!("if _matches({caught}, "));
                    self.expression(class);
                    self.put(") {");
                }
                None => {
                    catches_all = true;
                    if i + 1 < tried.handlers.len() {
                        self.syntax_error(handler, "default 'except:' must be last");
                    }
                    self.put(if i == 0 { "{" } else { "{ " });
                }
            }
            let other = self.handler(handler, &caught);
            bound.retain(|name| other.contains(name));
        }
        if catches_all {
            self.put("}");
        } else {
            self.put(&format!("}} else {{ _reraise({caught}); }}"));
        }
        self.put(" }");
        self.newline();
        self.function().bound = bound;
        if !tried.orelse.is_empty() {
            self.put(&format!("if {flag} {{"));
            self.block(&tried.orelse);
            self.put("}");
            self.newline();
        }
    }

    fn handler(
        &mut self,
        handler: &'a ast::ExceptHandlerExceptHandler,
        caught: &str,
    ) -> HashSet<String> {
        let before = self.function().bound.clone();
        self.newline();
        let name = handler.name.as_ref().map(|name| (name.start().to_usize(), self.private(name)));
        if let Some((offset, name)) = &name {
            self.store_name(*offset, name, caught);
        }
        self.function().handling.push(caught.to_owned());
        self.body(&handler.body);
        self.function().handling.pop();
        let outer = self.function().handling.last().cloned().unwrap_or_else(|| "()".to_owned());
        self.put(&format!("_handled({outer});"));
        self.newline();
        if let Some((offset, name)) = &name {
            self.delete_name(*offset, name, true);
        }
        std::mem::replace(&mut self.function().bound, before)
    }

    /// The last expression of a statement list that is only one expression.
    pub(super) fn docstring(body: &[Stmt]) -> Option<String> {
        match body.first() {
            Some(Stmt::Expr(first)) => match &*first.value {
                Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
                _ => None,
            },
            _ => None,
        }
    }
}
