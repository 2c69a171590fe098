//! How Keras saves the operations: the class of each function, and which of its arguments are the class's own (`config`)
//! and which come with each call (`args` of a node).

/// The saved form of one function of `keras.ops`.
pub struct Form {
    /// The function's name in the table of operations.
    pub function: &'static str,
    /// The module as a file names it.
    pub module: &'static str,
    /// Keras' class.
    pub class: &'static str,
    call: &'static str,
    config: &'static str,
}

impl Form {
    /// The arguments of a call, in order; one with a star takes all.
    pub fn call(&self) -> impl Iterator<Item = &'static str> {
        words(self.call)
    }

    /// The arguments that the config holds.
    pub fn config(&self) -> impl Iterator<Item = &'static str> {
        words(self.config)
    }
}

fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(", ").filter(|word| !word.is_empty())
}

/// The form of a function.
pub fn of_function(function: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.function == function)
}

/// The form of a class in a file; its module counts, since layers have the same names.
pub fn of_class(module: &str, class: &str) -> Option<&'static Form> {
    let fits = |form: &&Form| form.module == module || module == "keras.ops";
    FORMS.iter().filter(|form| form.class == class).find(fits)
}

/// Whether a module holds operations, not layers.
pub fn is_operations(module: &str) -> bool {
    ["keras.src.ops", "keras.ops", "keras.src.activations"].iter().any(|m| module.starts_with(m))
}

const fn form(
    function: &'static str,
    module: &'static str,
    class: &'static str,
    call: &'static str,
    config: &'static str,
) -> Form {
    Form { function, module, class, call, config }
}

const NUMPY: &str = "keras.src.ops.numpy";
const NN: &str = "keras.src.ops.nn";
const MATH: &str = "keras.src.ops.math";
const CORE: &str = "keras.src.ops.core";
const LINALG: &str = "keras.src.ops.linalg";

/// Function, module, class, arguments of a call, arguments of the config.
static FORMS: &[Form] = &[
    form("absolute", NUMPY, "Absolute", "x", ""),
    form(
        "activations.relu",
        "keras.src.activations.activations",
        "ReLU",
        "x",
        "negative_slope, max_value, threshold",
    ),
    form("add", NUMPY, "Add", "x1, x2", ""),
    form("all", NUMPY, "All", "x", "axis, keepdims"),
    form("allclose", NUMPY, "AllClose", "x1, x2", "rtol, atol, equal_nan"),
    form("amax", NUMPY, "Amax", "x", "axis, keepdims"),
    form("amin", NUMPY, "Amin", "x", "axis, keepdims"),
    form("any", NUMPY, "Any", "x", "axis, keepdims"),
    form("arccos", NUMPY, "Arccos", "x", ""),
    form("arccosh", NUMPY, "Arccosh", "x", ""),
    form("arcsin", NUMPY, "Arcsin", "x", ""),
    form("arcsinh", NUMPY, "Arcsinh", "x", ""),
    form("arctan", NUMPY, "Arctan", "x", ""),
    form("arctan2", NUMPY, "Arctan2", "x1, x2", ""),
    form("arctanh", NUMPY, "Arctanh", "x", ""),
    form("argmax", NUMPY, "Argmax", "x", "axis, keepdims"),
    form("argmin", NUMPY, "Argmin", "x", "axis, keepdims"),
    form("argsort", NUMPY, "Argsort", "x", "axis"),
    form("array_split", NUMPY, "ArraySplit", "x", "indices_or_sections, axis"),
    form("average", NUMPY, "Average", "x, weights", "axis"),
    form("binary_crossentropy", NN, "BinaryCrossentropy", "target, output", "from_logits"),
    form("bitwise_and", NUMPY, "BitwiseAnd", "x1, x2", ""),
    form("bitwise_left_shift", NUMPY, "BitwiseLeftShift", "x1, x2", ""),
    form("bitwise_or", NUMPY, "BitwiseOr", "x1, x2", ""),
    form("bitwise_right_shift", NUMPY, "BitwiseRightShift", "x1, x2", ""),
    form("bitwise_xor", NUMPY, "BitwiseXor", "x1, x2", ""),
    form("broadcast_to", NUMPY, "BroadcastTo", "x", "shape"),
    form("cast", CORE, "Cast", "x", "dtype"),
    form(
        "categorical_crossentropy",
        NN,
        "CategoricalCrossentropy",
        "target, output",
        "from_logits, axis",
    ),
    form("cbrt", NUMPY, "Cbrt", "x", ""),
    form("ceil", NUMPY, "Ceil", "x", ""),
    form("celu", NN, "Celu", "x", "alpha"),
    form("clip", NUMPY, "Clip", "x", "x_min, x_max"),
    form("concatenate", NUMPY, "Concatenate", "xs", "axis"),
    form("cos", NUMPY, "Cos", "x", ""),
    form("cosh", NUMPY, "Cosh", "x", ""),
    form("count_nonzero", NUMPY, "CountNonzero", "x", "axis"),
    form("cumprod", NUMPY, "Cumprod", "x", "axis, dtype"),
    form("cumsum", NUMPY, "Cumsum", "x", "axis, dtype"),
    form("deg2rad", NUMPY, "Deg2rad", "x", ""),
    form("diff", NUMPY, "Diff", "a", "n, axis"),
    form("divide", NUMPY, "Divide", "x1, x2", ""),
    form("divide_no_nan", NUMPY, "DivideNoNan", "x1, x2", ""),
    form("dot", NUMPY, "Dot", "x1, x2", ""),
    form("einsum", NUMPY, "Einsum", "*operands", "subscripts"),
    form("elu", NN, "Elu", "x", "alpha"),
    form("equal", NUMPY, "Equal", "x1, x2", ""),
    form("erf", MATH, "Erf", "x", ""),
    form("erfinv", MATH, "Erfinv", "x", ""),
    form("exp", NUMPY, "Exp", "x", ""),
    form("exp2", NUMPY, "Exp2", "x", ""),
    form("expand_dims", NUMPY, "ExpandDims", "x", "axis"),
    form("expm1", NUMPY, "Expm1", "x", ""),
    form("fabs", NUMPY, "Fabs", "x", ""),
    form("flip", NUMPY, "Flip", "x", "axis"),
    form("floor", NUMPY, "Floor", "x", ""),
    form("floor_divide", NUMPY, "FloorDivide", "x1, x2", ""),
    form("fmax", NUMPY, "Fmax", "x1, x2", ""),
    form("fmin", NUMPY, "Fmin", "x1, x2", ""),
    form("full_like", NUMPY, "FullLike", "x, fill_value", "dtype"),
    form("gelu", NN, "Gelu", "x", "approximate"),
    form("get_item", NUMPY, "GetItem", "x, key", ""),
    form("glu", NN, "Glu", "x", "axis"),
    form("greater", NUMPY, "Greater", "x1, x2", ""),
    form("greater_equal", NUMPY, "GreaterEqual", "x1, x2", ""),
    form("hard_shrink", NN, "HardShrink", "x", "threshold"),
    form("hard_sigmoid", NN, "HardSigmoid", "x", ""),
    form("hard_silu", NN, "HardSilu", "x", ""),
    form("hard_swish", NN, "HardSilu", "x", ""),
    form("hard_tanh", NN, "HardTanh", "x", ""),
    form("hstack", NUMPY, "Hstack", "xs", ""),
    form("inner", NUMPY, "Inner", "x1, x2", ""),
    form("isclose", NUMPY, "Isclose", "x1, x2, rtol, atol", "equal_nan"),
    form("isfinite", NUMPY, "Isfinite", "x", ""),
    form("isinf", NUMPY, "Isinf", "x", ""),
    form("isnan", NUMPY, "Isnan", "x", ""),
    form("leaky_relu", NN, "LeakyRelu", "x", "negative_slope"),
    form("left_shift", NUMPY, "LeftShift", "x1, x2", ""),
    form("less", NUMPY, "Less", "x1, x2", ""),
    form("less_equal", NUMPY, "LessEqual", "x1, x2", ""),
    form("log", NUMPY, "Log", "x", ""),
    form("log10", NUMPY, "Log10", "x", ""),
    form("log1p", NUMPY, "Log1p", "x", ""),
    form("log2", NUMPY, "Log2", "x", ""),
    form("log_sigmoid", NN, "LogSigmoid", "x", ""),
    form("log_softmax", NN, "LogSoftmax", "x", "axis"),
    form("logaddexp", NUMPY, "Logaddexp", "x1, x2", ""),
    form("logical_and", NUMPY, "LogicalAnd", "x1, x2", ""),
    form("logical_not", NUMPY, "LogicalNot", "x", ""),
    form("logical_or", NUMPY, "LogicalOr", "x1, x2", ""),
    form("logical_xor", NUMPY, "LogicalXor", "x1, x2", ""),
    form("logsumexp", MATH, "Logsumexp", "x", "axis, keepdims"),
    form("matmul", NUMPY, "Matmul", "x1, x2", ""),
    form("max", NUMPY, "Max", "x", "axis, keepdims"),
    form("maximum", NUMPY, "Maximum", "x1, x2", ""),
    form("mean", NUMPY, "Mean", "x", "axis, keepdims"),
    form("median", NUMPY, "Median", "x", "axis, keepdims"),
    form("min", NUMPY, "Min", "x", "axis, keepdims"),
    form("minimum", NUMPY, "Minimum", "x1, x2", ""),
    form("mod", NUMPY, "Mod", "x1, x2", ""),
    form("moments", NN, "Moments", "x", "axes, keepdims"),
    form("moveaxis", NUMPY, "Moveaxis", "x", "source, destination"),
    form("multiply", NUMPY, "Multiply", "x1, x2", ""),
    form("nan_to_num", NUMPY, "NanToNum", "x", "nan"),
    form("negative", NUMPY, "Negative", "x", ""),
    form("norm", LINALG, "Norm", "x", "ord, axis, keepdims"),
    form("normalize", NN, "Normalize", "x", "axis, order, epsilon"),
    form("not_equal", NUMPY, "NotEqual", "x1, x2", ""),
    form("one_hot", NN, "OneHot", "x", "num_classes, axis, dtype"),
    form("ones_like", NUMPY, "OnesLike", "x", "dtype"),
    form("outer", NUMPY, "Outer", "x1, x2", ""),
    form("pad", NUMPY, "Pad", "x, constant_values", "pad_width, mode"),
    form("power", NUMPY, "Power", "x1, x2", ""),
    form("prod", NUMPY, "Prod", "x", "axis, keepdims"),
    form("quantile", NUMPY, "Quantile", "x, q", "axis, method, keepdims"),
    form("rad2deg", NUMPY, "Rad2deg", "x", ""),
    form("ravel", NUMPY, "Ravel", "x", ""),
    form("reciprocal", NUMPY, "Reciprocal", "x", ""),
    form("relu", NN, "Relu", "x", ""),
    form("relu6", NN, "Relu6", "x", ""),
    form("repeat", NUMPY, "Repeat", "x", "repeats, axis"),
    form("reshape", NUMPY, "Reshape", "x", "newshape"),
    form("right_shift", NUMPY, "RightShift", "x1, x2", ""),
    form("roll", NUMPY, "Roll", "x", "shift, axis"),
    form("round", NUMPY, "Round", "x", "decimals"),
    form("rsqrt", MATH, "Rsqrt", "x", ""),
    form("saturate_cast", CORE, "SaturateCast", "x", "dtype"),
    form("scatter_update", CORE, "ScatterUpdate", "inputs, indices, updates", ""),
    form("segment_sum", MATH, "SegmentSum", "data, segment_ids", "num_segments, sorted"),
    form("selu", NN, "Selu", "x", ""),
    form("sigmoid", NN, "Sigmoid", "x", ""),
    form("sign", NUMPY, "Sign", "x", ""),
    form("silu", NN, "Silu", "x", ""),
    form("sin", NUMPY, "Sin", "x", ""),
    form("sinh", NUMPY, "Sinh", "x", ""),
    form("slice", CORE, "Slice", "inputs, start_indices", "shape"),
    form("slice_update", CORE, "SliceUpdate", "inputs, start_indices, updates", ""),
    form("soft_shrink", NN, "SoftShrink", "x", "threshold"),
    form("softmax", NN, "Softmax", "x", "axis"),
    form("softplus", NN, "Softplus", "x", ""),
    form("softsign", NN, "Softsign", "x", ""),
    form("sort", NUMPY, "Sort", "x", "axis"),
    form(
        "sparse_categorical_crossentropy",
        NN,
        "SparseCategoricalCrossentropy",
        "target, output",
        "from_logits, axis",
    ),
    form("sparse_plus", NN, "SparsePlus", "x", ""),
    form("sparse_sigmoid", NN, "SparseSigmoid", "x", ""),
    form("sparsemax", NN, "Sparsemax", "x", "axis"),
    form("split", NUMPY, "Split", "x", "indices_or_sections, axis"),
    form("sqrt", NUMPY, "Sqrt", "x", ""),
    form("square", NUMPY, "Square", "x", ""),
    form("squareplus", NN, "Squareplus", "x", "b"),
    form("squeeze", NUMPY, "Squeeze", "x", "axis"),
    form("stack", NUMPY, "Stack", "x", "axis"),
    form("std", NUMPY, "Std", "x", "axis, keepdims"),
    form("stop_gradient", CORE, "StopGradient", "variable", ""),
    form("subtract", NUMPY, "Subtract", "x1, x2", ""),
    form("sum", NUMPY, "Sum", "x", "axis, keepdims"),
    form("swapaxes", NUMPY, "Swapaxes", "x", "axis1, axis2"),
    form("swish", NN, "Silu", "x", ""),
    form("take", NUMPY, "Take", "x, indices", "axis"),
    form("take_along_axis", NUMPY, "TakeAlongAxis", "x, indices", "axis"),
    form("tan", NUMPY, "Tan", "x", ""),
    form("tanh", NUMPY, "Tanh", "x", ""),
    form("tanh_shrink", NN, "TanhShrink", "x", ""),
    form("tensordot", NUMPY, "Tensordot", "x1, x2", "axes"),
    form("threshold", NN, "Threshold", "x", "threshold, default_value"),
    form("tile", NUMPY, "Tile", "x", "repeats"),
    form("top_k", MATH, "TopK", "x", "k, sorted"),
    form("trace", NUMPY, "Trace", "x", ""),
    form("transpose", NUMPY, "Transpose", "x", "axes"),
    form("tril", NUMPY, "Tril", "x", "k"),
    form("triu", NUMPY, "Triu", "x", "k"),
    form("true_divide", NUMPY, "TrueDivide", "x1, x2", ""),
    form("trunc", NUMPY, "Trunc", "x", ""),
    form("unstack", CORE, "Unstack", "x", "num, axis"),
    form("var", NUMPY, "Var", "x", "axis, keepdims"),
    form("vdot", NUMPY, "Vdot", "x1, x2", ""),
    form("vstack", NUMPY, "Vstack", "xs", ""),
    form("where", NUMPY, "Where", "condition, x1, x2", ""),
    form("zeros_like", NUMPY, "ZerosLike", "x", "dtype"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::table;

    #[test]
    fn every_form_has_its_row_with_these_arguments() {
        for form in FORMS {
            let row = table::find(form.function).unwrap_or_else(|| panic!("{}", form.function));
            let names: Vec<&str> = row.parameters().iter().map(|(name, ..)| *name).collect();
            for name in form.call().chain(form.config()) {
                let name = name.trim_start_matches('*');
                assert!(names.contains(&name), "{} has no argument {name}", form.function);
            }
        }
    }
}
