use std::collections::BTreeSet;

use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::id::AccountId;
use keywheel_engine::ports::PortError;

use super::S3State;
use super::removal::{remove, remove_below};

const KEY: &str = "departed.json";

impl S3State {
    pub(crate) async fn read_departed(&self) -> Result<Option<DepartedAccounts>, PortError> {
        self.read(&self.key(KEY)).await
    }

    pub(crate) async fn put_departed(&self, departed: &DepartedAccounts) -> Result<(), PortError> {
        self.put_whole(&self.key(KEY), departed).await
    }

    /// The accounts that have a ledger, from every page.
    pub(crate) async fn with_ledger(&self) -> Result<BTreeSet<AccountId>, PortError> {
        self.accounts_below(&self.key("ledger/")).await
    }

    /// Deletes an account's notices, and then its ledger.
    pub(crate) async fn forget_account(&self, account: &AccountId) -> Result<(), PortError> {
        let notices = self.key(&format!("notices/{account}/"));
        remove_below(&self.client, &self.bucket, &notices, |_| true).await?;
        remove(&self.client, &self.bucket, &self.key(&format!("ledger/{account}.json"))).await
    }
}
