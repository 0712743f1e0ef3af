//! Where a setting comes from.

use std::path::PathBuf;

use keywheel_runtime::config::variable::{Unset, Variable};

use super::Setting;

/// Where a setting comes from; earlier ones go before later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag, by its name.
    Flag(&'static str),
    /// The variable of that name in the environment.
    Environment,
    /// The file of settings.
    File(PathBuf),
    /// A deployed function's environment.
    Function(String),
    /// What holds where nothing is set.
    Default,
    /// Nothing is set, and there is no default.
    Unset,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Function(name) => write!(f, "function {name}"),
            Self::Default => f.write_str("default"),
            Self::Unset => f.write_str("not set"),
        }
    }
}

impl Setting {
    /// A setting that nobody made.
    pub(super) fn unset(variable: &'static Variable) -> Self {
        match variable.unset {
            Unset::Default(text) => Self { variable, value: Some(text.to_owned()), origin: Origin::Default },
            Unset::Refused | Unset::Means(_) => Self { variable, value: None, origin: Origin::Unset },
        }
    }
}
