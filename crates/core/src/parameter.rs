//! The parameter that hands a key pair to hosts which read Systems Manager's Parameter Store: its name and its value.

mod name;
mod value;

pub use name::parameter_name;
pub use value::{ParameterContent, ParameterLayout, ParameterPair, ParameterValue};
