use keywheel_core::id::{AccountId, UserName};
use keywheel_core::parameter::{ParameterContent, ParameterLayout, ParameterValue};

use super::{ErrorKind, PortError};

/// The parameter that the hub's list gives a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedParameter {
    /// Its name.
    pub name: String,
    /// How its value is laid out.
    pub layout: ParameterLayout,
    /// One that is there already and that Keywheel did not write may be taken over.
    pub adopt: bool,
}

/// A parameter as it is.
#[derive(Clone, Debug)]
pub struct StoredParameter {
    /// Its value is encrypted (`SecureString`).
    pub is_secure: bool,
    /// The pairs in its value; none where it holds something else.
    pub content: Option<ParameterContent>,
}

/// Parameter Store of one account, and the hub's list of who gets a parameter there.
pub trait Parameters: Send + Sync {
    /// The parameter that the list gives the user; none for users whom it does not name. `opted_in` is whether the user's tag asks for it. Makes no
    /// call where parameters are not switched on, and one per run where they are.
    fn wanted(
        &self,
        account: &AccountId,
        user: &UserName,
        opted_in: bool,
    ) -> impl Future<Output = Result<Option<WantedParameter>, PortError>> + Send;

    /// The parameter, with what it holds; none when there is no such parameter.
    fn find(&self, name: &str) -> impl Future<Output = Result<Option<StoredParameter>, PortError>> + Send;

    /// Makes the parameter. One that exists is not touched: that is an error of the kind [`ErrorKind::Conflict`].
    fn create(&self, name: &str, value: &ParameterValue) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Gives a parameter that exists another value.
    fn overwrite(&self, name: &str, value: &ParameterValue) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Deletes the parameter, at once and for good; fine when there is none.
    fn delete(&self, name: &str) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Where nobody gets a parameter.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoParameters;

impl Parameters for NoParameters {
    async fn wanted(&self, _: &AccountId, _: &UserName, _: bool) -> Result<Option<WantedParameter>, PortError> {
        Ok(None)
    }

    async fn find(&self, _: &str) -> Result<Option<StoredParameter>, PortError> {
        Ok(None)
    }

    async fn create(&self, name: &str, _: &ParameterValue) -> Result<(), PortError> {
        Err(not_here("ssm:PutParameter", name))
    }

    async fn overwrite(&self, name: &str, _: &ParameterValue) -> Result<(), PortError> {
        Err(not_here("ssm:PutParameter", name))
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        Err(not_here("ssm:DeleteParameter", name))
    }
}

fn not_here(operation: &'static str, name: &str) -> PortError {
    PortError { operation, kind: ErrorKind::Denied, message: format!("parameter {name} cannot be written here") }
}
