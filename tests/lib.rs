//! The suite lives in `suite/`; this empty library lets cargo build it as a crate of its own.
