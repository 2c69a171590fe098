//! `KERAI_THREADS` changes no bit of a training run; settings that cannot be met are told.

use super::support::{expect_success, kerai, root, target};
use std::process::Command;

#[test]
fn the_number_of_threads_changes_no_bit() {
    let folder = target().join("test-threads");
    std::fs::create_dir_all(&folder).expect("the target folder is ours");
    let trained = |threads: &str| {
        let path = folder.join(format!("{threads}.npy"));
        let mut program = Command::new(kerai());
        program.arg("run").arg(root().join("tests/scripts/machine/train.py")).arg(&path);
        expect_success(program.env("KERAI_THREADS", threads));
        std::fs::read(path).expect("the program saved its weights")
    };
    let one = trained("1");
    assert!(one.len() > 1_000_000, "there are weights: {} bytes", one.len());
    for threads in ["2", "4"] {
        assert!(trained(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn settings_that_cannot_be_met_are_told() {
    for (name, value, told) in [
        ("KERAI_THREADS", "0", "a whole number from 1 to 1024"),
        ("KERAI_THREADS", "many", "\"many\""),
        ("KERAI_SIMD", "mmx", "basic"),
    ] {
        let output = Command::new(kerai()).args(["-c", "1"]).env(name, value).output();
        let output = output.expect("the program was built");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}={value}: {message}");
        assert!(message.contains(name) && message.contains(told), "{name}={value}: {message}");
    }
}
