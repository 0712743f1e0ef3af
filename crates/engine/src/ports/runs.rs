use std::collections::BTreeSet;

use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};

use super::PortError;

/// Where manifests and results are stored.
pub trait RunStore: Send + Sync {
    /// Stores a run's manifest.
    fn put_manifest(&self, manifest: &Manifest) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores what account-inventory returned: `<prefix>runs/<run id>/inventory.json`.
    fn put_inventory(&self, record: &InventoryRecord) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores how far a fan-out is: `<prefix>runs/<run id>/fan-out/<hop>.json`.
    fn put_checkpoint(&self, checkpoint: &FanOutCheckpoint) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores which run is the latest: `<prefix>runs/latest.json`.
    fn put_latest(&self, latest: &LatestRun) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores what became of every account: `<prefix>runs/<run id>/finish.json`.
    fn put_finish(&self, record: &FinishRecord) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Stores an account's result; an earlier one of the same run is not lost, see [`AccountResult::following`].
    fn put_result(&self, result: &AccountResult) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// What was stored of runs, read again. Where there is no such object, a method brings none; an object that cannot be read as what it
/// should be, or that a newer release wrote, is an error of the kind [`ErrorKind::Invalid`](super::ErrorKind::Invalid).
pub trait RunHistory: Send + Sync {
    /// A run's manifest.
    fn manifest(&self, run: &RunId) -> impl Future<Output = Result<Option<Manifest>, PortError>> + Send;

    /// What account-inventory returned at the end of a run.
    fn inventory(&self, run: &RunId) -> impl Future<Output = Result<Option<InventoryRecord>, PortError>> + Send;

    /// What was left to the invocation of this hop.
    fn checkpoint(
        &self,
        run: &RunId,
        hop: u32,
    ) -> impl Future<Output = Result<Option<FanOutCheckpoint>, PortError>> + Send;

    /// The latest run.
    fn latest(&self) -> impl Future<Output = Result<Option<LatestRun>, PortError>> + Send;

    /// The accounts with a result, from every page.
    fn answered(&self, run: &RunId) -> impl Future<Output = Result<BTreeSet<AccountId>, PortError>> + Send;

    /// An account's result.
    fn result(
        &self,
        run: &RunId,
        account: &AccountId,
    ) -> impl Future<Output = Result<Option<AccountResult>, PortError>> + Send;
}
