//! What the engine needs of the world, as narrow traits. `keywheel-aws` implements them on the SDK, tests in memory.
//!
//! Every method ends: implementations bring their own time-outs, and retry what is safe to repeat. What is not (CreateAccessKey) is
//! sent once, and the engine reconciles.

mod acknowledgements;
mod clock;
mod departures;
mod encryption;
mod error;
mod iam;
mod organization;
mod parameters;
mod runs;
mod secrets;
mod state;

pub use acknowledgements::{Acknowledgements, Written};
pub use clock::Clock;
pub use departures::Departures;
pub use encryption::{NotEncrypted, PairEncryption};
pub use error::{ErrorKind, PortError};
pub use iam::{CreateFailed, Iam, IamUser, ReportFile, UserAudit};
pub use organization::{Invoker, ListedAccount, Organization, OuId};
pub use parameters::{NoParameters, Parameters, StoredParameter, WantedParameter};
pub use runs::{RunHistory, RunStore};
pub use secrets::{NewSecret, Proof, Prover, Secrets};
pub use state::{Condition, LedgerStore, NoticeStore, ReadFailed, StoredLedger, WriteFailed};

/// The ports of one account, for one run.
pub trait Ports: Send + Sync {
    /// IAM of the account.
    type Iam: Iam;
    /// The store that holds the account's secrets.
    type Secrets: Secrets;
    /// The store that holds the account's parameters.
    type Parameters: Parameters;
    /// What hosts acknowledge.
    type Acknowledgements: Acknowledgements;
    /// Proves new pairs.
    type Prover: Prover;
    /// The ledger.
    type Ledger: LedgerStore;
    /// What notification recorded.
    type Notices: NoticeStore;
    /// Encrypts new pairs for key owners.
    type Encryption: PairEncryption;
    /// Time.
    type Clock: Clock;

    /// IAM of the account.
    fn iam(&self) -> &Self::Iam;
    /// The store that holds the account's secrets.
    fn secrets(&self) -> &Self::Secrets;
    /// The store that holds the account's parameters.
    fn parameters(&self) -> &Self::Parameters;
    /// What hosts acknowledge.
    fn acknowledgements(&self) -> &Self::Acknowledgements;
    /// Proves new pairs.
    fn prover(&self) -> &Self::Prover;
    /// The ledger.
    fn ledger(&self) -> &Self::Ledger;
    /// What notification recorded.
    fn notices(&self) -> &Self::Notices;
    /// Encrypts new pairs for key owners.
    fn encryption(&self) -> &Self::Encryption;
    /// Time.
    fn clock(&self) -> &Self::Clock;
}
