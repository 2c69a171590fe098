//! The layers, one file per layer or small family. This list is the only one.

pub mod activation;
pub mod attention;
pub mod convolution;
pub mod dense;
pub mod depthwise;
pub mod dropout;
pub mod einsum_dense;
pub mod embedding;
pub mod input_layer;
pub mod merging;
pub mod normalization;
pub mod operation;
pub mod pooling;
pub mod recurrent;
pub mod reshaping;
pub mod spatial;

#[cfg(test)]
mod tests;

use crate::catalog::Entry;

/// All layers, in the order of Keras' documentation.
pub static ENTRIES: &[&Entry] = &[
    &input_layer::ENTRY,
    &dense::ENTRY,
    &einsum_dense::ENTRY,
    &embedding::ENTRY,
    &activation::ACTIVATION,
    &activation::RELU,
    &activation::LEAKY_RELU,
    &activation::PRELU,
    &activation::ELU_ENTRY,
    &activation::SOFTMAX,
    &reshaping::FLATTEN,
    &reshaping::RESHAPE,
    &reshaping::PERMUTE,
    &reshaping::REPEAT_VECTOR,
    &reshaping::RESCALING,
    &reshaping::IDENTITY,
    &reshaping::MASKING,
    &reshaping::GAUSSIAN_NOISE,
    &reshaping::ACTIVITY_REGULARIZATION,
    &reshaping::UNIT_NORMALIZATION,
    &merging::ADD,
    &merging::SUBTRACT,
    &merging::MULTIPLY,
    &merging::AVERAGE,
    &merging::MAXIMUM,
    &merging::MINIMUM,
    &merging::CONCATENATE,
    &merging::DOT,
    &convolution::CONV1D,
    &convolution::CONV2D,
    &convolution::CONV3D,
    &depthwise::DEPTHWISE1D,
    &depthwise::DEPTHWISE2D,
    &depthwise::SEPARABLE1D,
    &depthwise::SEPARABLE2D,
    &pooling::MAX1D,
    &pooling::MAX2D,
    &pooling::MAX3D,
    &pooling::AVERAGE1D,
    &pooling::AVERAGE2D,
    &pooling::AVERAGE3D,
    &pooling::GLOBAL_MAX1D,
    &pooling::GLOBAL_MAX2D,
    &pooling::GLOBAL_MAX3D,
    &pooling::GLOBAL_AVERAGE1D,
    &pooling::GLOBAL_AVERAGE2D,
    &pooling::GLOBAL_AVERAGE3D,
    &recurrent::lstm::ENTRY,
    &recurrent::gru::ENTRY,
    &recurrent::simple_rnn::ENTRY,
    &attention::multi_head::MULTI_HEAD,
    &attention::multi_head::GROUP_QUERY,
    &attention::dot::ATTENTION,
    &attention::dot::ADDITIVE,
    &normalization::BATCH,
    &normalization::LAYER,
    &dropout::DROPOUT,
    &dropout::SPATIAL1D,
    &dropout::SPATIAL2D,
    &dropout::SPATIAL3D,
    &dropout::GAUSSIAN_DROPOUT,
    &dropout::ALPHA_DROPOUT,
];
