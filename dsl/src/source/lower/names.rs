//! Which name lives where: Python's scoping rules, found out before anything is emitted.

use crate::source::parse::{Ranged, ast};
use ast::visitor::{Visitor, walk_expr, walk_stmt};
use ast::{Expr, ExprContext, Stmt};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The kinds of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Module,
    /// `def`, `lambda`.
    Function,
    /// A generator expression: a function that binds like a comprehension.
    Generator,
    Class,
    /// A list, set or dict comprehension: its own names, but code of the function around it.
    Comprehension,
}

/// A scope and what was found out about it.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: Kind,
    pub(crate) parent: usize,
    pub(crate) bound: HashSet<String>,
    globals: HashSet<String>,
    /// With the place of their declaration.
    nonlocals: BTreeMap<String, usize>,
    uses: BTreeSet<String>,
    /// Names of this scope that inner functions use: they live in cells.
    pub(crate) cells: BTreeSet<String>,
    /// For functions: the cells that they get from outside, as owner and name.
    pub(crate) free: BTreeSet<(usize, String)>,
    pub(crate) is_generator: bool,
    /// Names that `del` unbinds.
    pub(crate) deleted: HashSet<String>,
}

/// Where a name lives, seen from some scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Global,
    /// A variable of the Rhai function, owned by this scope.
    Local(usize),
    /// A cell, owned by this scope.
    Cell(usize),
    /// A name of the class body that is running.
    Class,
}

/// All scopes of a program. Scope 0 is the module.
pub(crate) struct Names {
    pub(crate) scopes: Vec<Scope>,
    by_range: HashMap<(u32, u32), usize>,
    /// The first scoping error, with its place.
    pub(crate) error: Option<(usize, String)>,
}

impl Names {
    pub(crate) fn of(body: &[Stmt]) -> Self {
        let mut finder = Finder {
            names: Names { scopes: Vec::new(), by_range: HashMap::new(), error: None },
            current: 0,
            classes: Vec::new(),
        };
        finder.names.scopes.push(Scope::new(Kind::Module, 0));
        finder.visit_body(body);
        let mut names = finder.names;
        names.resolve_all();
        names
    }

    /// The scope that a node opens.
    pub(crate) fn opened_by(&self, node: &impl Ranged) -> usize {
        self.by_range.get(&key(node)).copied().unwrap_or(0)
    }

    /// Whether a scope is a Rhai function of its own.
    pub(crate) fn is_function(&self, scope: usize) -> bool {
        matches!(self.scopes[scope].kind, Kind::Module | Kind::Function | Kind::Generator)
    }

    /// The scope whose code a scope's code is part of.
    fn function_of(&self, mut scope: usize) -> usize {
        while !self.is_function(scope) {
            scope = self.scopes[scope].parent;
        }
        scope
    }

    /// The scope that owns a name, or `None` for globals and builtins.
    fn owner(&self, from: usize, name: &str) -> Option<usize> {
        let mut scope = from;
        loop {
            let here = &self.scopes[scope];
            if here.kind == Kind::Module || here.globals.contains(name) {
                return None;
            }
            let visible = here.kind != Kind::Class || scope == from || name == "__class__";
            if visible && here.bound.contains(name) && !here.nonlocals.contains_key(name) {
                return Some(scope);
            }
            scope = here.parent;
        }
    }

    pub(crate) fn place(&self, from: usize, name: &str) -> Place {
        match self.owner(from, name) {
            None => Place::Global,
            Some(owner) if self.scopes[owner].kind == Kind::Class && name != "__class__" => {
                Place::Class
            }
            Some(owner) if self.scopes[owner].cells.contains(name) => Place::Cell(owner),
            Some(owner) => Place::Local(owner),
        }
    }

    fn resolve_all(&mut self) {
        for scope in 0..self.scopes.len() {
            let names: Vec<String> = self.scopes[scope].uses.iter().cloned().collect();
            for name in names {
                self.mark(scope, &name);
            }
            for (name, place) in self.scopes[scope].nonlocals.clone() {
                if self.owner(scope, &name).is_none() && self.error.is_none() {
                    self.error = Some((place, format!("no binding for nonlocal '{name}' found")));
                }
                self.mark(scope, &name);
            }
        }
    }

    /// Makes a cell of a name that is used across a function's border.
    fn mark(&mut self, from: usize, name: &str) {
        let Some(owner) = self.owner(from, name) else { return };
        if self.scopes[owner].kind == Kind::Class && name != "__class__" {
            return;
        }
        let home = self.function_of(owner);
        let mut function = self.function_of(from);
        if function != home || name == "__class__" {
            self.scopes[owner].cells.insert(name.to_owned());
        }
        while function != home {
            self.scopes[function].free.insert((owner, name.to_owned()));
            function = self.function_of(self.scopes[function].parent);
        }
    }
}

impl Scope {
    fn new(kind: Kind, parent: usize) -> Self {
        Scope {
            kind,
            parent,
            bound: HashSet::new(),
            globals: HashSet::new(),
            nonlocals: BTreeMap::new(),
            uses: BTreeSet::new(),
            cells: BTreeSet::new(),
            free: BTreeSet::new(),
            is_generator: false,
            deleted: HashSet::new(),
        }
    }
}

fn key(node: &impl Ranged) -> (u32, u32) {
    (node.start().to_u32(), node.end().to_u32())
}

/// `__name` inside a class is `_Class__name`.
pub(crate) fn private(name: &str, class: Option<&str>) -> String {
    match class {
        Some(class) if name.starts_with("__") && !name.ends_with("__") => {
            format!("_{}{name}", class.trim_start_matches('_'))
        }
        _ => name.to_owned(),
    }
}

struct Finder {
    names: Names,
    current: usize,
    classes: Vec<String>,
}

impl Finder {
    fn scope(&mut self) -> &mut Scope {
        &mut self.names.scopes[self.current]
    }

    fn private(&self, name: &str) -> String {
        private(name, self.classes.last().map(String::as_str))
    }

    fn bind(&mut self, name: &str) {
        let name = self.private(name);
        let scope = self.scope();
        scope.bound.insert(name.clone());
        scope.uses.insert(name);
    }

    fn open(&mut self, node: &impl Ranged, kind: Kind) -> usize {
        let outer = self.current;
        self.names.scopes.push(Scope::new(kind, outer));
        self.current = self.names.scopes.len() - 1;
        self.names.by_range.insert(key(node), self.current);
        outer
    }

    fn parameters(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters {
            self.bind(parameter.name());
        }
    }

    fn defaults(&mut self, parameters: &ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn comprehension(
        &mut self,
        node: &impl Ranged,
        kind: Kind,
        generators: &[ast::Comprehension],
        results: &[&Expr],
    ) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        let outer = self.open(node, kind);
        for (i, generator) in generators.iter().enumerate() {
            if i > 0 {
                self.visit_expr(&generator.iter);
            }
            self.visit_expr(&generator.target);
            generator.ifs.iter().for_each(|condition| self.visit_expr(condition));
        }
        results.iter().for_each(|result| self.visit_expr(result));
        self.current = outer;
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_annotation(&mut self, _annotation: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                def.decorator_list.iter().for_each(|d| self.visit_expr(&d.expression));
                self.defaults(&def.parameters);
                self.bind(&def.name);
                let outer = self.open(def, Kind::Function);
                self.parameters(&def.parameters);
                self.visit_body(&def.body);
                self.current = outer;
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|d| self.visit_expr(&d.expression));
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                self.bind(&class.name);
                let outer = self.open(class, Kind::Class);
                self.scope().bound.insert("__class__".to_owned());
                self.classes.push(class.name.to_string());
                self.visit_body(&class.body);
                self.classes.pop();
                self.current = outer;
            }
            Stmt::Global(global) => {
                for name in &global.names {
                    let name = self.private(name);
                    self.scope().globals.insert(name);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                for name in &nonlocal.names {
                    let name = self.private(name);
                    if self.scope().kind == Kind::Module && self.names.error.is_none() {
                        self.names.error = Some((
                            nonlocal.start().to_usize(),
                            "nonlocal declaration not allowed at module level".to_owned(),
                        ));
                    }
                    let place = nonlocal.start().to_usize();
                    self.scope().nonlocals.insert(name, place);
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.bind(name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.visit_expr(value);
                }
                self.visit_expr(&assign.target);
            }
            Stmt::Try(tried) => {
                for ast::ExceptHandler::ExceptHandler(handler) in &tried.handlers {
                    if let Some(name) = &handler.name {
                        self.bind(name);
                        let name = self.private(name);
                        self.scope().deleted.insert(name);
                    }
                }
                walk_stmt(self, stmt);
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Store => self.bind(&name.id),
                ExprContext::Del => {
                    self.bind(&name.id);
                    let name = self.private(&name.id);
                    self.scope().deleted.insert(name);
                }
                _ => {
                    let used = self.private(&name.id);
                    if used == "super" {
                        self.scope().uses.insert("__class__".to_owned());
                    }
                    self.scope().uses.insert(used);
                }
            },
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    let name = self.private(&name.id);
                    self.scope().uses.insert(name.clone());
                    let mut owner = self.current;
                    while matches!(
                        self.names.scopes[owner].kind,
                        Kind::Comprehension | Kind::Generator
                    ) {
                        owner = self.names.scopes[owner].parent;
                    }
                    let owner = &mut self.names.scopes[owner];
                    if owner.kind != Kind::Module {
                        owner.bound.insert(name);
                    }
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                let outer = self.open(lambda, Kind::Function);
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.visit_expr(&lambda.body);
                self.current = outer;
            }
            Expr::ListComp(c) => {
                self.comprehension(c, Kind::Comprehension, &c.generators, &[&c.elt]);
            }
            Expr::SetComp(c) => {
                self.comprehension(c, Kind::Comprehension, &c.generators, &[&c.elt]);
            }
            Expr::DictComp(c) => {
                self.comprehension(c, Kind::Comprehension, &c.generators, &[&c.key, &c.value]);
            }
            Expr::Generator(c) => {
                self.comprehension(c, Kind::Generator, &c.generators, &[&c.elt]);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.scope().is_generator = true;
                walk_expr(self, expr);
            }
            _ => walk_expr(self, expr),
        }
    }
}
