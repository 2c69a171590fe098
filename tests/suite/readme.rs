//! The README's tables are the catalog's: this test repairs them with `UPDATE=1` and fails if they are out of date.

use kerai_engine::catalog::Kind;
use std::path::Path;

fn tables() -> String {
    let mut text = String::from("\n");
    for kind in Kind::ALL {
        let names: Vec<String> =
            kind.entries().iter().map(|entry| format!("`{}`", entry.name)).collect();
        text.push_str(&format!(
            "**`{}`** ({}): {}\n\n",
            kind.module(),
            names.len(),
            names.join(", ")
        ));
    }
    text
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_catalog() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let (before, rest) =
        readme.split_once("<!-- catalog -->").expect("the README has the opening marker");
    let (_, after) =
        rest.split_once("<!-- /catalog -->").expect("the README has the closing marker");
    let wanted = format!("{before}<!-- catalog -->{}<!-- /catalog -->{after}", tables());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wanted).expect("the README can be written");
        return;
    }
    assert!(
        readme == wanted,
        "the README's tables are out of date: UPDATE=1 cargo test --release readme"
    );
}
