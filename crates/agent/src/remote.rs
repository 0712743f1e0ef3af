//! What the agent asks of AWS.

use keywheel_core::acknowledgement::Acknowledgement;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};

use crate::failure::Trouble;
use crate::pair::Pair;

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// The IAM user.
    pub user: UserName,
}

/// Where the user's key is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The secret of this name or ARN; none for the one that Keywheel gives to the user.
    Secret(Option<String>),
    /// The parameter of this name.
    Parameter(String),
    /// The parameter that Keywheel gives to the user below this prefix.
    ParameterBelow(String),
}

/// What is handed out.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// A key with its secret half.
    Pair(Pair),
    /// A key whose secret half nobody has stored: the one from before Keywheel.
    WithoutHalf(AccessKeyId),
}

/// AWS, each call with the key that is given.
pub trait Aws {
    /// Whose key it is (sts:GetCallerIdentity).
    fn identity(&self, pair: &Pair) -> impl Future<Output = Result<Identity, Trouble>>;

    /// What is handed out to that user (secretsmanager:GetSecretValue or ssm:GetParameter).
    fn fetch(
        &self,
        pair: &Pair,
        source: &Source,
        identity: &Identity,
    ) -> impl Future<Output = Result<Fetched, Trouble>>;

    /// Says which key the host has (s3:PutObject).
    fn acknowledge(
        &self,
        pair: &Pair,
        bucket: &str,
        said: &Acknowledgement,
    ) -> impl Future<Output = Result<(), Trouble>>;
}
