//! The layers that are being built or called: a variable's path begins with the names of those around it, as in Keras.

use std::cell::RefCell;

thread_local! {
    /// Who they are, and their names, from the outermost.
    static OPEN: RefCell<Vec<(usize, String)>> = const { RefCell::new(Vec::new()) };
}

/// What is made until this goes is made inside a layer.
pub struct Scope(bool);

impl Drop for Scope {
    fn drop(&mut self) {
        if self.0 {
            OPEN.with_borrow_mut(Vec::pop);
        }
    }
}

/// Enters a layer, known by its address. Who is in it already stays there.
pub(crate) fn enter(layer: usize, name: impl FnOnce() -> String) -> Scope {
    OPEN.with_borrow_mut(|open| {
        let is_inside = open.last().is_some_and(|(inner, _)| *inner == layer);
        if !is_inside {
            open.push((layer, name()));
        }
        Scope(!is_inside)
    })
}

/// The path of a variable that is made here.
pub(crate) fn path(variable: &str) -> String {
    OPEN.with_borrow(|open| {
        let mut path: String = open.iter().flat_map(|(_, name)| [name, "/"]).collect();
        path.push_str(variable);
        path
    })
}
