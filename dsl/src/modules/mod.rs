//! What `import` finds, a file or folder per module.

pub mod numpy;
