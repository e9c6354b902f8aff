//! Aggregate functions of our own, where `DataFusion`'s differ from the definitions of
//! the model: its sum of whole numbers wraps at 64 bits, its least and greatest of
//! floating point depend on where a NaN stands, its quantile rounds the weight of the
//! interpolation to six digits.

mod fold;
mod one_group;
mod quantile;

pub(crate) use fold::{greatest, integer_sum, least};
pub(crate) use quantile::{at_rank, between, quantile};
