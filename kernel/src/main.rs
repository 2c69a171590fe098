//! kerai
fn main() {}
