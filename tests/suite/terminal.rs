//! The program in a terminal and in pipes: exit status, streams, arguments, and (through a pseudo terminal) the prompt.

use crate::support;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A folder of a test's own, which vanishes with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = support::target().join(format!("test-terminal-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays lies in cargo's folder and hurts nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn kerai(arguments: &[&str]) -> Command {
    let mut command = Command::new(support::kerai());
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Exit status, standard output, standard error.
fn ended(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(&kerai(arguments).output().unwrap())
}

fn run_with_input(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = kerai(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    ended(&child.wait_with_output().unwrap())
}

#[test]
fn a_program_ends_as_python_says() {
    for (code, status, out, err) in [
        ("print('a', 1)", 0, "a 1\n", ""),
        ("1 + 1", 0, "", ""),
        ("print('no newline', end='')", 0, "no newline", ""),
        ("import sys; sys.exit()", 0, "", ""),
        ("import sys; sys.exit(3)", 3, "", ""),
        ("import sys; print('x'); sys.exit('why')", 1, "x\n", "why\n"),
        ("import sys; sys.exit(256)", 0, "", ""),
        ("raise SystemExit(4)", 4, "", ""),
    ] {
        assert_eq!(run(&["-c", code]), (Some(status), out.to_owned(), err.to_owned()), "{code}");
    }
}

#[test]
fn an_error_is_a_traceback_on_standard_error_and_status_1() {
    let folder = Folder::new("traceback");
    let file = folder.write(
        "lesson.py",
        "print('before')\ndef f(x):\n    return 1 / x\n\nf(0)\nprint('after')\n",
    );
    let (status, out, err) = run(&["run", &file]);
    assert_eq!((status, out.as_str()), (Some(1), "before\n"), "{err}");
    assert!(err.starts_with("Traceback (most recent call last):\n"), "{err}");
    assert!(err.contains(&format!("File \"{file}\", line 5, in <module>")), "{err}");
    assert!(err.contains(&format!("File \"{file}\", line 3, in f")), "{err}");
    assert!(err.trim_end().ends_with("ZeroDivisionError: division by zero"), "{err}");
    assert!(!err.contains('\x1b'), "no colours in a pipe: {err:?}");
}

#[test]
fn the_spellings_of_a_run_agree() {
    let folder = Folder::new("spellings");
    let code = "import sys\nprint(sys.argv[1:])\n";
    let file = folder.write("lesson.py", code);
    let expected = (Some(0), "['-x', '--help', 'a b']\n".to_owned(), String::new());
    let words = ["-x", "--help", "a b"];
    assert_eq!(run(&[&["run", &file][..], &words].concat()), expected);
    assert_eq!(run(&[&[file.as_str()][..], &words].concat()), expected);
    assert_eq!(run(&[&["-c", code][..], &words].concat()), expected);
    assert_eq!(run_with_input(&[&["-"][..], &words].concat(), code), expected);
    assert_eq!(run_with_input(&[&["run", "-"][..], &words].concat(), code), expected);
    let piped = run_with_input(&[], "print(6 * 7)\n");
    assert_eq!(piped, (Some(0), "42\n".to_owned(), String::new()));
}

#[test]
fn argv_begins_with_the_program() {
    let folder = Folder::new("argv");
    let file = folder.write("lesson.py", "import sys\nprint(sys.argv[0])\n");
    assert_eq!(run(&[&file]).1, format!("{file}\n"));
    assert_eq!(run(&["-c", "import sys; print(sys.argv)", "1"]).1, "['-c', '1']\n");
}

#[test]
fn input_is_read_from_a_pipe_and_ends() {
    let code = "a = input()\nb = input('more? ')\nprint(a + b)\ninput()";
    let (status, out, err) = run_with_input(&["-c", code], "x\r\ny");
    assert_eq!((status, out.as_str()), (Some(1), "more? xy\n"));
    assert!(err.contains("EOFError"), "{err}");
}

#[test]
fn what_cannot_be_read_is_said_in_one_line() {
    let folder = Folder::new("unreadable");
    let binary = folder.0.join("binary.py");
    std::fs::write(&binary, [b'a', 0xff, 0xfe]).unwrap();
    for (file, expected) in [
        ("no_such_file.py", "cannot read 'no_such_file.py': no such file or directory"),
        (&*binary.to_string_lossy(), "is not UTF-8 text (byte 1)"),
    ] {
        let (status, out, err) = run(&["run", file]);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{file}");
        assert!(err.contains(expected) && err.lines().count() == 1, "{err}");
    }
    // A wrong word is no file: the command line explains itself.
    let (status, _, err) = run(&["rnu", "x.py"]);
    assert_eq!(status, Some(2));
    assert!(err.contains("unrecognized subcommand 'rnu'"), "{err}");
}

#[test]
fn check_reads_programs_without_running_them() {
    let folder = Folder::new("check");
    let good = folder.write("good.py", "import keras\nprint('not printed')\n");
    let bad = folder.write("bad.py", "x = (1,\nfor\n");
    let (status, out, err) = run(&["check", &good]);
    assert_eq!((status, out), (Some(0), format!("{good}: ok\n")), "{err}");
    let (status, _, err) = run(&["check", &good, &bad]);
    assert_eq!(status, Some(1));
    assert!(err.contains("bad.py") && err.contains("SyntaxError"), "{err}");
}

#[test]
fn check_goes_through_a_training_loop_once() {
    let folder = Folder::new("loops");
    // What goes on after a pass that trained would need days, or raises.
    let program = |shape: &str| {
        format!(
            "\
import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from keras import layers

x = np.zeros((640, 20), \"float32\")
y = np.zeros((640, 1), \"float32\")
batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100).batch(32)
loss_of = keras.losses.MeanSquaredError()
passes = {{}}


def seen(name):
    passes[name] = passes.get(name, 0) + 1
    if passes[name] > 2:
        raise RuntimeError(f\"{{name}} went on\")


for units in [4, 5]:  # A list is no count of epochs: both models are checked.
    seen(\"units\")
    model = keras.Sequential([keras.Input({shape}), layers.Dense(units), layers.Dense(1)])
    optimizer = keras.optimizers.Adam()
    losses = []
    for epoch in range(10**9):
        seen(f\"epoch {{units}}\")
        for step, (inputs, targets) in enumerate(batches):
            with tf.GradientTape() as tape:
                loss = loss_of(targets, model(inputs, training=True))
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            losses.append(float(loss))
            seen(f\"step {{units}}\")
    plt.plot(range(1000), losses)
    plt.show()
assert passes == {{\"units\": 2, \"epoch 4\": 1, \"step 4\": 1, \"epoch 5\": 1, \"step 5\": 1}}, passes

model.compile(\"sgd\", \"mse\")
done = False
while not done:
    for start in range(0, 640, 32):
        seen(\"batch\")
        model.train_on_batch(x[start:start + 32], y[start:start + 32])
assert passes[\"batch\"] == 1


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, inputs):
        for _ in range(3):  # No training: the loop is the network.
            inputs = inputs + 1
            seen_in_call.append(1)
        return self.dense(inputs)

    def train_step(self, data):
        inputs, targets = data
        with tf.GradientTape() as tape:
            loss = loss_of(targets, self(inputs, training=True))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {{\"loss\": loss}}


seen_in_call = []
own = Own()
own.compile(\"sgd\", \"mse\")
own.fit(x, y, epochs=1000)
assert len(seen_in_call) % 3 == 0 and len(seen_in_call) < 30, seen_in_call
history = model.fit(x, y, epochs=50, validation_split=0.1, validation_freq=2)
assert len(history.history[\"loss\"]) == 50 and len(history.history[\"val_loss\"]) == 25
"
        )
    };
    let good = folder.write("good.py", &program("(20,)"));
    let (status, out, err) = run(&["check", &good]);
    assert_eq!((status, out), (Some(0), format!("{good}: ok\n")), "{err}");
    let bad = folder.write("bad.py", &program("(21,)"));
    let (status, _, err) = run(&["check", &bad]);
    assert_eq!(status, Some(1));
    assert!(err.contains("line 29") && err.contains("[batch, 21]"), "{err}");
}

/// What each way of writing files writes, the program sees, and nobody else.
#[test]
fn check_writes_nothing_and_programs_read_what_they_wrote() {
    let folder = Folder::new("check-files");
    folder.write("kept.txt", "kept");
    folder.write("doomed.txt", "doomed");
    let file = folder.write(
        "saves.py",
        r#"
import glob, json, os, pathlib, shutil, tempfile
import numpy as np, matplotlib.pyplot as plt, keras
from keras import layers

os.makedirs("runs/one")
os.chdir("runs")
model = keras.Sequential([layers.Input((4,)), layers.Dense(2)])
model.compile("sgd", "mse")
x, y = np.zeros((8, 4)), np.zeros((8, 2))
model.fit(x, y, verbose=0, callbacks=[
    keras.callbacks.ModelCheckpoint("best/{epoch}.keras"),
    keras.callbacks.CSVLogger("log.csv"),
])
model.save("m.keras")
same = keras.models.load_model("m.keras")
assert np.array_equal(same.predict(x, verbose=0), model.predict(x, verbose=0))
keras.models.load_model("best/1.keras")
model.save_weights("m.weights.h5")
same.load_weights("m.weights.h5")
np.save("x.npy", x)
np.savez("both.npz", x=x, y=y)
np.savetxt("x.txt", x)
assert np.load("x.npy").shape == np.load("both.npz")["x"].shape == np.loadtxt("x.txt").shape
with open("history.json", "w") as out:
    json.dump({"loss": 1}, out)
assert json.load(open("history.json")) == {"loss": 1}
assert open("log.csv").readline() == "epoch,loss\n"
plt.plot([1, 2])
plt.savefig("curve.png")
plt.imsave("image.png", x)
assert plt.imread("image.png").shape[:2] == (8, 4)
pathlib.Path("note.txt").write_text("a note")
shutil.copy("note.txt", "one")
os.rename("note.txt", "other.txt")
assert sorted(os.listdir(".")) == [
    "best", "both.npz", "curve.png", "history.json", "image.png", "log.csv", "m.keras", "m.weights.h5", "one",
    "other.txt", "x.npy", "x.txt"]
assert glob.glob("*/note.txt") == ["one/note.txt"] and os.path.getsize("one/note.txt") == 6
assert os.getcwd().endswith("runs") and os.path.abspath("one") == os.path.realpath("one")
shutil.rmtree("one")
assert not os.path.exists("one")
with tempfile.TemporaryDirectory() as temporary:
    np.save(os.path.join(temporary, "x.npy"), x)
    assert os.listdir(temporary) == ["x.npy"]

os.chdir("..")
with open("kept.txt", "a") as out:
    out.write(", and more")
assert open("kept.txt").read() == "kept, and more"
os.remove("doomed.txt")
assert [path.name for path in pathlib.Path(".").iterdir()] == ["kept.txt", "runs", "saves.py"]
try:
    open("nowhere/a.txt", "w")
    raise AssertionError("there is no such folder")
except FileNotFoundError:
    pass
"#,
    );
    let temporary = Folder::new("check-temporary");
    let output = kerai(&["check", &file, &file])
        .current_dir(&folder.0)
        .env("TMPDIR", &temporary.0)
        .output()
        .unwrap();
    let (status, out, err) = ended(&output);
    assert_eq!((status, out), (Some(0), format!("{file}: ok\n").repeat(2)), "{err}");
    let names = |folder: &Folder| {
        let entries = std::fs::read_dir(&folder.0).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&folder), ["doomed.txt", "kept.txt", "saves.py"]);
    assert_eq!(names(&temporary), [""; 0]);
    assert_eq!(std::fs::read_to_string(folder.0.join("kept.txt")).unwrap(), "kept");
}

#[test]
fn the_quickstart_learns_the_digits_in_both_spellings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks");
    let accuracy = |name: &str| -> f64 {
        let (status, out, err) = run(&["run", &folder.join(name).to_string_lossy()]);
        assert_eq!(status, Some(0), "{err}");
        let last = out.lines().last().unwrap_or_default();
        last.rsplit(' ').next().and_then(|word| word.parse().ok()).expect(last)
    };
    let python = accuracy("quickstart.py");
    assert!(python >= 0.97, "{python}");
    assert_eq!(accuracy("quickstart.rhai"), python);
}

#[test]
fn doctor_looks_at_this_machine() {
    let (status, out, err) = run(&["doctor"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    for row in
        ["kerai ", "cores ", "vector units ", "memory ", "Keras folder ", "Jupyter ", "kernel "]
    {
        assert!(out.lines().any(|line| line.starts_with(row)), "{row:?} in {out}");
    }
    assert_eq!(run(&["--version"]).1, format!("kerai {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn figures_are_saved_and_named() {
    let folder = Folder::new("figures");
    let code = "import matplotlib.pyplot as plt\nfor i in range(2):\n    plt.plot([1, 2, i])\n    plt.show()\n";
    let output = kerai(&["-c", code]).current_dir(&folder.0).output().unwrap();
    let (status, out, err) = ended(&output);
    assert_eq!(status, Some(0), "{err}");
    assert!(out.contains("figure-1.png") && out.contains("figure-2.png"), "{out}");
    let png = std::fs::read(folder.0.join("figure-2.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    use std::io::Read;
    let mut child = kerai(&["-c", "while True:\n    print('line')"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 5];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let (status, _, err) = ended(&child.wait_with_output().unwrap());
    assert_eq!((&first, status, err.as_str()), (b"line\n", Some(141), ""));
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_a_program_with_130_and_keeps_its_output() {
    let mut child = kerai(&["-c", "print('on')\nwhile True:\n    pass"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    if !sent.is_ok_and(|status| status.success()) {
        child.kill().unwrap();
        panic!("no signal could be sent");
    }
    let (status, out, err) = ended(&child.wait_with_output().unwrap());
    assert_eq!((status, out.as_str()), (Some(130), "on\n"));
    assert!(err.trim_end().ends_with("KeyboardInterrupt"), "{err}");
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_the_check_of_all_programs() {
    let folder = Folder::new("check-interrupt");
    let files = [
        folder.write("short.py", "print('never shown')\n"),
        folder.write("endless.py", "while True:\n    pass\n"),
        folder.write("left.py", "while True:\n    pass\n"),
    ];
    let arguments = [&["check"][..], &files.each_ref().map(String::as_str)].concat();
    let mut child =
        kerai(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut lines, &mut first).unwrap();
    // The second program has its turn by now.
    std::thread::sleep(Duration::from_millis(700));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    if !sent.is_ok_and(|status| status.success()) {
        child.kill().unwrap();
        panic!("no signal could be sent");
    }
    let (status, _, err) = ended(&child.wait_with_output().unwrap());
    assert_eq!((status, first), (Some(130), format!("{}: ok\n", files[0])));
    assert!(err.contains("endless.py") && !err.contains("left.py"), "{err}");
}

#[test]
fn deep_recursion_is_an_error_rather_than_a_crash() {
    let (status, _, err) = run(&["-c", "def f(n):\n    return f(n + 1)\nf(0)"]);
    assert_eq!(status, Some(1));
    assert!(err.contains("RecursionError"), "{err}");
    let (status, out, _) =
        run(&["-c", "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nprint(f(900))"]);
    assert_eq!((status, out.as_str()), (Some(0), "900\n"));
}

#[test]
#[cfg(unix)]
fn the_prompt_works_on_a_terminal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("terminal");
    let output = Command::new("python3")
        .args(["-m", "unittest", "-v", "test_prompt"])
        .args(std::env::var("KERAI_TEST_ONLY").iter().flat_map(|only| ["-k", only]))
        .current_dir(folder)
        .env("KERAI", support::kerai())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("the tests of the prompt need python3 (kerai needs no Python)");
    let (status, out, err) = ended(&output);
    println!("{out}{err}");
    assert_eq!(status, Some(0), "the report above says which test failed");
}
