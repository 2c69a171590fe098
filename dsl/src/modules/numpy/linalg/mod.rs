//! Products of vectors and matrices, and `np.linalg`.

mod decompositions;
mod einsum;
mod products;
mod singular;
mod symmetric;
mod table;

pub(crate) use decompositions::cholesky;
pub(crate) use products::{matmul, matrix};
pub(crate) use singular::svd;
pub(crate) use symmetric::eigh;
pub(crate) use table::{TABLE, least_squares, module};
