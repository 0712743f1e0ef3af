//! What a test needs that speaks AWS's wire formats for the account.

use secrecy::ExposeSecret;

use crate::parameter::Parameter;
use crate::secret::Version;

impl Version {
    /// The version's value, with the secret half where it holds one.
    #[must_use]
    pub fn value(&self) -> &str {
        self.value.expose_secret()
    }
}

impl Parameter {
    /// The parameter's value.
    #[must_use]
    pub fn value(&self) -> &str {
        self.value.expose_secret()
    }
}
