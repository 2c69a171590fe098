//! Scripts with recorded output beside them. `tests/scripts/numpy`: what numpy 2 printed (`make.py` writes it).
//! `tests/scripts/keras`: programs for Keras, written so that they print the same there.

use super::python::run;
use std::path::Path;

#[test]
fn scripts_print_what_numpy_prints() {
    compare("numpy");
}

#[test]
fn keras_programs_print_what_they_should() {
    compare("keras");
}

fn compare(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    let mut wrong = Vec::new();
    let mut scripts = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let expected = path.with_extension("out");
        if path.extension().is_none_or(|extension| extension != "py") || !expected.exists() {
            continue;
        }
        scripts += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let expected = std::fs::read_to_string(expected).unwrap();
        let (printed, error) = run(&name, &std::fs::read_to_string(&path).unwrap());
        if let Some(error) = error {
            wrong.push(format!("{name}: {error}"));
        }
        for (number, (ours, theirs)) in printed.lines().zip(expected.lines()).enumerate() {
            if ours != theirs {
                wrong.push(format!(
                    "{name}, line {}:\n    kerai: {ours}\n    there: {theirs}",
                    number + 1
                ));
                break;
            }
        }
        if printed.lines().count() != expected.lines().count() {
            wrong.push(format!(
                "{name}: {} lines instead of {}",
                printed.lines().count(),
                expected.lines().count()
            ));
        }
    }
    assert!(scripts > 0, "no scripts in {}", folder.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
