//! Kernels: one folder each, with the formula (`mod.rs`), a reference in plain tensor operations (`reference.rs`) and a
//! CPU version on slices (`cpu.rs`). The only place with `unsafe`.
#![allow(
    unsafe_code,
    reason = "kernels use vectors and raw places; every block says why it is sound"
)]

pub mod add;
pub mod attention;
pub mod broadcast;
pub mod convolution;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod geometry;
pub mod lanes;
pub mod matmul;
pub mod normalization;
pub mod optimizer_step;
pub mod pages;
pub mod pointwise;
pub mod pooling;
pub mod product;
pub mod recurrent;
pub mod recycler;
pub mod reduce;
pub mod scratch;
pub mod simd;
pub mod slices;
pub mod softmax;
pub mod softmax_cross_entropy;
