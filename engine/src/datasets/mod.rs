//! Data for lessons: tables bundled in the binary, and Keras' files from its cache folder or by download.

mod bundled;
mod files;

pub use bundled::{BUNDLED, Bundled, Column, Table, mnist_small};
pub use files::{Images, cache_folder, fashion_mnist, mnist};
