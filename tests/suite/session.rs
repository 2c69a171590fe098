//! A session over several cells: tracebacks across them, survival of errors, panics and interrupts, displays, magics.

use crate::python::{Capture, on_session_thread};
use kerai_dsl::diagnostic::Diagnostic;
use kerai_dsl::session::{Session, Source, Spelling};
use std::time::Duration;

/// A session whose cells are numbered.
struct Notebook {
    session: Session,
    capture: Capture,
    cells: usize,
}

impl Notebook {
    fn new() -> Self {
        let capture = Capture::default();
        Notebook { session: Session::new(Box::new(capture.clone())), capture, cells: 0 }
    }

    fn cell(&mut self, text: &str) -> Result<String, Box<Diagnostic>> {
        self.cells += 1;
        let name = format!("In[{}]", self.cells);
        let source = Source { name: &name, text, spelling: Spelling::Python };
        match self.session.eval(source) {
            Ok(shown) => Ok(shown.map(|bundle| bundle.text().to_owned()).unwrap_or_default()),
            Err(error) => Err(Box::new(error)),
        }
    }

    fn fails(&mut self, text: &str) -> Diagnostic {
        match self.cell(text) {
            Ok(shown) => panic!("{text:?} should fail, gave {shown:?}"),
            Err(error) => *error,
        }
    }

    fn gives(&mut self, text: &str) -> String {
        self.cell(text).unwrap_or_else(|error| panic!("{text:?}:\n{}", error.render(false)))
    }
}

#[test]
fn the_last_expression_is_shown() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        let cases = [
            ("1 + 1", "2"),
            ("'text'", "'text'"),
            ("x = 5", ""),
            ("x;", ""),
            ("x", "5"),
            ("None", ""),
            ("[x, (1,), {'a': 2.0}]", "[5, (1,), {'a': 2.0}]"),
            ("_", "[5, (1,), {'a': 2.0}]"),
            ("def f(): return 1\nf()", "1"),
            ("if x:\n    x", ""),
            ("# nothing", ""),
            ("", ""),
            ("x  # the value", "5"),
            ("print('a')", ""),
        ];
        for (text, shown) in cases {
            assert_eq!(notebook.gives(text), shown, "{text:?}");
        }
        assert_eq!(notebook.capture.text(), "a\n");
    });
}

#[test]
fn tracebacks_cross_cells() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        notebook.gives("def inner(x):\n    return 1 / x");
        notebook.gives("def outer(x):\n    y = x\n    return inner(y)");
        let error = notebook.fails("a = 1\nouter(0)");
        assert_eq!(
            (error.class.as_str(), error.message.as_str()),
            ("ZeroDivisionError", "division by zero")
        );
        let frames: Vec<_> =
            error.frames.iter().map(|f| (f.source.as_str(), f.line, f.function.as_str())).collect();
        assert_eq!(
            frames,
            [("In[3]", 2, "<module>"), ("In[2]", 3, "outer"), ("In[1]", 2, "inner")]
        );
        assert_eq!(error.frames[2].text, "    return 1 / x");
        // A later definition wins, also for functions that were compiled before it.
        notebook.gives("def inner(x):\n    return 'new'");
        assert_eq!(notebook.gives("outer(0)"), "'new'");
    });
}

#[test]
fn variables_survive_errors_and_panics() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        notebook.gives("kept = [1, 2]");
        notebook.fails("kept.append(3)\nraise ValueError('x')");
        let error = notebook.fails("def f():\n    __kerai_panic__()\nf()");
        assert_eq!(error.class, "InternalError");
        assert!(error.message.contains("a planted panic"), "{}", error.message);
        notebook.fails("def g(n): return g(n + 1)\ng(0)");
        assert_eq!(notebook.gives("kept"), "[1, 2, 3]");
        assert_eq!(notebook.fails("def h(): return missing\nh()").frames.len(), 2);
    });
}

#[test]
fn loops_can_be_interrupted() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        let endless = [
            "while True: pass",
            "while True:\n    n = 1",
            "for i in range(10**15): pass",
            "def f(n):\n    while n: n += 1\nf(1)",
            "import itertools\nfor i in itertools.count(): pass",
            "sum(i for i in range(10**15))",
            "%%rhai\nlet x = 0; while true { x += 1; }",
        ];
        for text in &endless[..] {
            let interrupt = notebook.session.interrupt();
            let stopper = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(60));
                interrupt.request();
            });
            let error = notebook.fails(text);
            assert!(error.is_interrupt(), "{text:?}: {}", error.class);
            stopper.join().unwrap();
        }
        let interrupt = notebook.session.interrupt();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(60));
            interrupt.request();
        });
        let caught = "result = 'none'\ntry:\n    try:\n        while True: pass\n    except Exception:\n        result = 'wrong'\nexcept KeyboardInterrupt:\n    result = 'caught'\nresult";
        assert_eq!(notebook.gives(caught), "'caught'");
        stopper.join().unwrap();
    });
}

#[test]
fn the_other_spelling_shares_everything() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        notebook.gives("import math\nnumbers = [1, 2, 3]\ndef twice(x, plus=0): return 2 * x + plus\nclass P:\n    def __init__(self, x): self.x = x\n    def add(self, y): return self.x + y");
        let cases = [
            ("%%rhai\ntwice(4)", "8"),
            ("%%rhai\ntwice(4, #{plus: 1})", "9"),
            ("%%rhai\nlet total = 0; for n in numbers { total += n; } total", "6"),
            ("total", "6"),
            ("%%rhai\nlet p = P(5); p.x = 7; p.add(1)", "8"),
            ("p.x", "7"),
            ("%%rhai\nmath.sqrt(16.0)", "4.0"),
            ("%%rhai\nnumbers[1] + len(numbers)", "5"),
            ("%%rhai\nlet square = |x| x * x; square.call(3)", "9"),
            ("list(map(square, numbers))", "[1, 4, 9]"),
            ("%%rhai\nlet items = [1, \"a\", #{k: 2}]; items", "[1, 'a', {'k': 2}]"),
            ("items[2]['k']", "2"),
        ];
        for (text, shown) in cases {
            assert_eq!(notebook.gives(text), shown, "{text:?}");
        }
        let error = notebook.fails("%%rhai\nlet a = 1;\nlet b = nothing + a;");
        assert_eq!((error.class.as_str(), error.frames[0].line), ("NameError", 3));
        let error = notebook.fails("%%rhai\ntwice()");
        assert_eq!(error.class, "TypeError");
    });
}

#[test]
fn what_drawing_returns_is_the_result_of_a_cell() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        notebook.gives("import matplotlib.pyplot as plt");
        let cases = [
            ("plt.plot([1, 2], label='a')", "[<matplotlib.lines.Line2D object>]"),
            ("plt.legend()", "<matplotlib.legend.Legend object>"),
            ("plt.title(\"it's\")", "Text(0.5, 1.0, \"it's\")"),
            ("plt.xlabel('x')", "Text(0.5, 0, 'x')"),
            ("plt.ylabel('y')", "Text(0, 0.5, 'y')"),
            ("plt.suptitle('all')", "Text(0.5, 0.98, 'all')"),
            ("plt.xlim(0, 1)", "(0.0, 1.0)"),
            ("plt.hist([1, 2, 2], bins=2)[2]", "<BarContainer object of 2 artists>"),
            ("plt.gca().set(xlabel='z')", "[Text(0.5, 0, 'z')]"),
        ];
        for (cell, shown) in cases {
            assert_eq!(notebook.gives(cell), shown, "{cell}");
        }
    });
}

#[test]
fn magics_and_shell_lines_are_answered() {
    on_session_thread(|| {
        let mut notebook = Notebook::new();
        notebook.gives("%matplotlib inline\n%load_ext autoreload\nx = 2");
        notebook.gives("!pip install keras");
        assert!(notebook.capture.text().contains("Nothing needs to be installed"));
        assert_eq!(notebook.gives("%time x + 1"), "3");
        assert!(notebook.capture.text().contains("Wall time"));
        notebook.gives("%%time\ny = x * 2");
        assert_eq!(notebook.gives("y"), "4");
        assert!(notebook.fails("!ls").hint.unwrap().contains("os.listdir"));
        assert!(notebook.fails("%nothing").message.contains("%nothing"));
        assert_eq!(notebook.fails("import sys\nsys.exit(3)").exit, Some(3));
        assert_eq!(notebook.fails("raise SystemExit").exit, Some(0));
    });
}
