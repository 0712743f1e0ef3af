//! The hub's list of who gets a parameter.

use keywheel_core::contract::parameters::ParameterList;
use keywheel_engine::ports::{ErrorKind, PortError};
use tokio::sync::OnceCell;

use crate::state::S3State;

const READ: &str = "s3:GetObject";

/// The list's name below the prefix.
const NAME: &str = "parameters.json";

/// The list, read when it is first needed and then kept: also why there is none, but for a fault that may pass.
#[derive(Debug)]
pub(super) struct KeptList {
    state: S3State,
    kept: OnceCell<Result<ParameterList, PortError>>,
}

impl KeptList {
    /// The list beside the state.
    pub(super) fn new(state: S3State) -> Self {
        Self { state, kept: OnceCell::new() }
    }

    /// The list.
    pub(super) async fn get(&self) -> Result<&ParameterList, PortError> {
        self.kept.get_or_try_init(|| self.read()).await?.as_ref().map_err(Clone::clone)
    }

    /// The list, or why there is none until somebody mends it. An error where a later read may succeed.
    async fn read(&self) -> Result<Result<ParameterList, PortError>, PortError> {
        let key = self.state.key(NAME);
        let object = match self.state.get(&key).await {
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => return Ok(Err(error)),
            Ok(object) => object,
        };
        let refused = |kind, message| PortError { operation: READ, kind, message };
        let missing = || {
            let text = format!(
                "there is no list of parameters {key} in the state bucket; write one, or clear PARAMETER_PREFIX"
            );
            refused(ErrorKind::NotFound, text)
        };
        Ok(object.ok_or_else(missing).and_then(|object| {
            ParameterList::parse(&object.bytes).map_err(|error| refused(ErrorKind::Invalid, error.to_string()))
        }))
    }
}
