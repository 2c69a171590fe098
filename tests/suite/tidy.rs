//! The invariants that lints cannot hold: what may stand where in the source.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a folder of the workspace, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
                found.push((name, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Fails with the names of the files in which a check finds something.
fn none(files: Vec<(String, String)>, why: &str, is_wrong: impl Fn(&str, &str) -> bool) {
    let wrong: Vec<String> = files
        .into_iter()
        .filter(|(name, text)| is_wrong(name, text))
        .map(|(name, _)| name)
        .collect();
    assert!(wrong.is_empty(), "{why}: {}", wrong.join(", "));
}

#[test]
fn every_file_says_what_lives_in_it() {
    for folder in ["engine/src", "dsl/src", "kernel/src", "tests/suite"] {
        none(sources(folder), "files without a //! header", |_, text| !text.starts_with("//!"));
    }
}

#[test]
fn layers_are_values() {
    none(sources("engine/src/layers"), "layers with interior mutability", |_, text| {
        ["RefCell", "Mutex", "OnceLock", "OnceCell"].iter().any(|word| text.contains(word))
    });
}

#[test]
fn unsafe_code_is_only_in_kernels() {
    for folder in ["engine/src", "dsl/src"] {
        none(sources(folder), "unsafe outside the kernels", |name, text| {
            !name.contains("engine/src/kernels")
                && text.lines().any(|line| line.trim_start().starts_with("unsafe "))
        });
    }
}

#[test]
fn every_kernel_has_a_reference() {
    let kernels = root().join("engine/src/kernels");
    for entry in fs::read_dir(kernels).expect("the kernels are there").flatten() {
        let path = entry.path();
        assert!(
            !path.is_dir() || path.join("reference.rs").is_file(),
            "{} has no reference.rs",
            path.display()
        );
    }
}

#[test]
fn randomness_comes_from_one_place() {
    none(sources("engine/src"), "randomness that is not Philox", |name, text| {
        !name.ends_with("random.rs")
            && (text.contains("rand::rng")
                || text.contains("Array::rand")
                || text.contains("Tensor::rand"))
    });
}

#[test]
fn the_files_of_programs_are_reached_through_one_place() {
    let direct = ["fs::read", "fs::write", "fs::rename", "fs::copy", "fs::create", "fs::remove"];
    let direct = [&direct[..], &["fs::metadata", "File::open(", "File::create("]].concat();
    for folder in [
        "engine/src/saving",
        "engine/src/callbacks",
        "engine/src/data",
        "engine/src/datasets",
        "dsl/src/modules",
        "dsl/src/runtime",
        "dsl/src/bind",
    ] {
        none(sources(folder), "files beside engine::disk", |name, text| {
            // The system's own figures are no files of the program.
            !name.ends_with("resource.rs") && direct.iter().any(|word| text.contains(word))
        });
    }
}

#[test]
fn only_the_program_prints() {
    for folder in ["engine/src", "dsl/src"] {
        none(sources(folder), "printing libraries", |_, text| {
            text.lines().any(|line| {
                let line = line.trim_start();
                ["println!(", "eprintln!(", "print!(", "eprint!("]
                    .iter()
                    .any(|word| line.starts_with(word))
            })
        });
    }
}
