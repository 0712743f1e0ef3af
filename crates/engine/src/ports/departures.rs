use std::collections::BTreeSet;

use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::contract::manifest::Manifest;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::ledger::AccountLedger;

use super::{PortError, ReadFailed};

/// What is stored of accounts, whether or not they are in the organization.
pub trait Departures: Send + Sync {
    /// Which accounts were missing when it was looked last; none when that was never.
    fn departed(&self) -> impl Future<Output = Result<Option<DepartedAccounts>, PortError>> + Send;

    /// Writes down which accounts are missing.
    fn put_departed(&self, departed: &DepartedAccounts) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The list of every account of the organization that a run made; none when there was no such run.
    fn manifest(&self, run: &RunId) -> impl Future<Output = Result<Option<Manifest>, PortError>> + Send;

    /// The accounts that have a ledger, from every page.
    fn with_ledger(&self) -> impl Future<Output = Result<BTreeSet<AccountId>, PortError>> + Send;

    /// An account's ledger; an empty one when there is none.
    fn ledger(&self, account: &AccountId) -> impl Future<Output = Result<AccountLedger, ReadFailed>> + Send;

    /// Deletes what hosts of the account acknowledged, its notices, and last its ledger, so that what broke off goes on the next time. The buckets keep
    /// versions: it can be had back.
    ///
    /// # Errors
    /// When S3 refuses, or there is more than twenty pages can list: what was listed is deleted all the same.
    fn forget(&self, account: &AccountId) -> impl Future<Output = Result<(), PortError>> + Send;
}
