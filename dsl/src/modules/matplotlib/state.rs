//! pyplot's memory: which figures are open, which one is current, and the parameters. One per thread, as sessions are.

use crate::runtime::context;
use crate::runtime::{Key, PyResult, Value};
use crate::show::figure::Figure;
use crate::show::figure::artist::{Dash, Pen};
use crate::show::figure::axes::{Grid, Slot};
use crate::show::figure::color::Color;
use crate::sink::Output;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// An open figure.
pub(super) struct Sheet {
    pub(super) number: i64,
    pub(super) figure: RefCell<Figure>,
    /// The axes that functions of `plt` draw into.
    pub(super) current: Cell<Option<usize>>,
    /// Where the next artist goes decides whether the figure was shown as it is now.
    pub(super) shown: Cell<bool>,
}

/// Axes of an open figure.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) sheet: Rc<Sheet>,
    pub(super) index: usize,
}

#[derive(Default)]
struct State {
    open: Vec<Rc<Sheet>>,
    current: Option<i64>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
    static PARAMETERS: Value = Value::dict(defaults());
}

/// The parameters that are looked at, with their defaults; others are kept and ignored.
fn defaults() -> Vec<(&'static str, Value)> {
    vec![
        ("figure.figsize", Value::list(vec![Value::Float(6.4), Value::Float(4.8)])),
        ("figure.dpi", Value::Float(100.0)),
        ("font.size", Value::Float(10.0)),
        ("axes.grid", Value::Bool(false)),
        ("lines.linewidth", Value::Float(1.5)),
        ("lines.markersize", Value::Float(6.0)),
        ("image.cmap", Value::str("viridis")),
        ("axes.spines.top", Value::Bool(true)),
        ("axes.spines.right", Value::Bool(true)),
    ]
}

/// `plt.rcParams`
pub(super) fn parameters() -> Value {
    PARAMETERS.with(Value::clone)
}

/// One parameter.
pub(super) fn parameter(name: &str) -> Option<Value> {
    match parameters() {
        Value::Dict(entries) => entries.borrow().get(&Key(Value::str(name))).cloned(),
        _ => None,
    }
}

/// Sets a parameter.
pub(super) fn set_parameter(name: &str, value: Value) {
    if let Value::Dict(entries) = parameters() {
        entries.borrow_mut().insert(Key(Value::str(name)), value);
    }
}

/// Back to the defaults.
pub(super) fn reset_parameters() {
    if let Value::Dict(entries) = parameters() {
        entries.borrow_mut().clear();
    }
    for (name, value) in defaults() {
        set_parameter(name, value);
    }
}

fn number(name: &str, default: f64) -> f64 {
    parameter(name).and_then(|v| v.as_float(name).ok()).unwrap_or(default)
}

fn flag(name: &str, default: bool) -> bool {
    match parameter(name) {
        Some(Value::Bool(flag)) => flag,
        _ => default,
    }
}

/// The width of lines.
pub(super) fn line_width() -> f64 {
    number("lines.linewidth", 1.5)
}

/// The width of markers.
pub(super) fn marker_size() -> f64 {
    number("lines.markersize", 6.0)
}

/// Lines of a grid in the default style.
pub(super) fn default_grid() -> Grid {
    Grid { pen: Pen { color: Color::hex(0xB0B0B0), width: 0.8, dash: Dash::Solid }, minor: false }
}

impl Sheet {
    /// Adds axes that follow the parameters, and makes them the current ones.
    pub(super) fn add_axes(self: &Rc<Self>, slot: Slot) -> Target {
        let mut figure = self.figure.borrow_mut();
        let index = figure.add_axes(slot);
        let axes = &mut figure.axes[index];
        let size = number("font.size", 10.0);
        let set = |name: &str, default: f64| {
            let value = number(name, default);
            (value != default || size != 10.0).then_some(if value == default {
                default * size / 10.0
            } else {
                value
            })
        };
        axes.title_size = set("axes.titlesize", 12.0);
        axes.x.label_size = set("axes.labelsize", 10.0);
        axes.y.label_size = axes.x.label_size;
        axes.x.tick_size = set("xtick.labelsize", 10.0);
        axes.y.tick_size = set("ytick.labelsize", 10.0);
        axes.spines[2] = flag("axes.spines.right", true);
        axes.spines[3] = flag("axes.spines.top", true);
        if flag("axes.grid", false) {
            axes.x.grid = Some(default_grid());
            axes.y.grid = Some(default_grid());
        }
        self.current.set(Some(index));
        Target { sheet: self.clone(), index }
    }

    /// The current axes; made if there are none.
    pub(super) fn axes(self: &Rc<Self>) -> Target {
        let index = self.current.get().or_else(|| {
            let figure = self.figure.borrow();
            (0..figure.axes.len()).rev().find(|i| !figure.axes[*i].removed)
        });
        match index {
            Some(index) => Target { sheet: self.clone(), index },
            None => self.add_axes(WHOLE),
        }
    }
}

/// The one place of a figure with one axes.
pub(super) const WHOLE: Slot = Slot::Grid { grid: (1, 1), rows: (0, 0), columns: (0, 0) };

/// Opens a figure and makes it the current one.
pub(super) fn open(
    number_wanted: Option<i64>,
    size: Option<(f64, f64)>,
    dpi: Option<f64>,
) -> Rc<Sheet> {
    STATE.with(|state| {
        let mut state = state.borrow_mut();
        if let Some(found) = number_wanted.and_then(|n| state.open.iter().find(|s| s.number == n)) {
            let found = found.clone();
            state.current = Some(found.number);
            return found;
        }
        let number = number_wanted
            .unwrap_or_else(|| state.open.iter().map(|s| s.number).max().unwrap_or(0) + 1);
        let size = size.unwrap_or_else(default_size);
        let mut figure = Figure::new(size.0, size.1);
        figure.dpi = dpi.unwrap_or_else(|| self::number("figure.dpi", 100.0)).clamp(10.0, 1200.0);
        let sheet = Rc::new(Sheet {
            number,
            figure: RefCell::new(figure),
            current: Cell::new(None),
            shown: Cell::new(false),
        });
        state.open.push(sheet.clone());
        state.current = Some(number);
        sheet
    })
}

fn default_size() -> (f64, f64) {
    let size = parameter("figure.figsize")
        .and_then(|value| super::data::numbers(&value, "figure.figsize").ok())
        .unwrap_or_default();
    match size[..] {
        [width, height] if width > 0.0 && height > 0.0 => (width.min(100.0), height.min(100.0)),
        _ => (6.4, 4.8),
    }
}

/// The current figure; opened if there is none.
pub(super) fn figure() -> Rc<Sheet> {
    let found = STATE.with(|state| {
        let state = state.borrow();
        state.open.iter().find(|s| Some(s.number) == state.current).cloned()
    });
    found.unwrap_or_else(|| open(None, None, None))
}

/// The current axes; made if there are none.
pub(super) fn axes() -> Target {
    figure().axes()
}

/// Makes axes (and their figure) the current ones.
pub(super) fn select(target: &Target) {
    target.sheet.current.set(Some(target.index));
    STATE.with(|state| state.borrow_mut().current = Some(target.sheet.number));
}

/// The numbers of the open figures.
pub(super) fn numbers() -> Vec<i64> {
    STATE.with(|state| state.borrow().open.iter().map(|s| s.number).collect())
}

/// Closes figures: `None` closes the current one.
pub(super) fn close(which: Option<&dyn Fn(&Sheet) -> bool>) {
    STATE.with(|state| {
        let mut state = state.borrow_mut();
        let current = state.current;
        state.open.retain(|sheet| match which {
            Some(matches) => !matches(sheet),
            None => Some(sheet.number) != current,
        });
        if !state.open.iter().any(|s| Some(s.number) == state.current) {
            state.current = state.open.last().map(|s| s.number);
        }
    });
}

/// Shows a figure in the session's output.
pub(super) fn display(sheet: &Sheet) {
    sheet.shown.set(true);
    if crate::runtime::rehearsal::is_on() {
        return;
    }
    let bundle = sheet.figure.borrow().bundle();
    context::emit(Output::Display { id: None, bundle });
}

/// Shows all open figures and closes them: `plt.show()`.
pub(super) fn show() {
    let open = STATE.with(|state| {
        let mut state = state.borrow_mut();
        state.current = None;
        std::mem::take(&mut state.open)
    });
    for sheet in open {
        if !sheet.figure.borrow().is_empty() {
            display(&sheet);
        }
    }
}

/// Shows what was drawn and not shown yet.
pub fn flush_figures() {
    show();
}

/// What a session calls at the end of each cell: notebooks show open figures, as IPython's inline backend does. When
/// the cell failed, axes with nothing in them are what the failed call left, and are not worth a picture.
pub fn end_of_cell(failed: bool) {
    if failed {
        close(Some(&|sheet| sheet.figure.borrow().axes.iter().all(|axes| axes.artists.is_empty())));
    }
    if context::style() == crate::sink::Style::Notebook {
        flush_figures();
    }
}

/// Forgets all open figures without showing them: after an error.
pub fn discard_figures() {
    close(Some(&|_| true));
}

impl Target {
    /// Works on the axes.
    pub(super) fn with<R>(
        &self,
        work: impl FnOnce(&mut crate::show::figure::axes::Axes) -> PyResult<R>,
    ) -> PyResult<R> {
        let Ok(mut figure) = self.sheet.figure.try_borrow_mut() else {
            return Err(crate::runtime::Exception::new(
                "RuntimeError",
                "the figure is being changed by the call that this one came from",
            ));
        };
        match figure.axes.get_mut(self.index) {
            Some(axes) => work(axes),
            None => Err(crate::runtime::Exception::value_error(
                "these axes were removed from their figure (plt.clf())",
            )),
        }
    }
}
