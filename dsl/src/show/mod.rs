//! Pictures and tables: figures, training curves, live training displays, model summaries -> `Bundle`.

pub mod figure;
