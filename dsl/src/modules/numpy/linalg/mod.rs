//! Products of vectors and matrices, and `np.linalg`.

mod products;

pub(crate) use products::{dot, inner, matmul, matrix, outer, tensordot, vdot};
