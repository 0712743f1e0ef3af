use std::collections::BTreeSet;

use keywheel_core::contract::departed::DepartedAccounts;
use keywheel_core::id::AccountId;
use keywheel_engine::ports::PortError;

use super::removal::{remove, remove_below};
use super::{S3State, object_error};
use crate::pages::Pages;

const LIST: &str = "s3:ListBucket";
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
        let prefix = self.key("ledger/");
        let mut pages = Pages::of(LIST);
        let mut known = BTreeSet::new();
        while pages.more() {
            let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix);
            let page = request.set_continuation_token(pages.token()).send().await;
            let page = page.map_err(|error| object_error(LIST, &self.bucket, &prefix, &error))?;
            pages.answered_by_iam(page.is_truncated.unwrap_or_default(), page.next_continuation_token)?;
            let keys = page.contents.into_iter().flatten().filter_map(|object| object.key);
            let account = |key: String| key.strip_prefix(&prefix)?.strip_suffix(".json")?.parse().ok();
            known.extend(keys.filter_map(account));
        }
        Ok(known)
    }

    /// Deletes an account's notices, and then its ledger.
    pub(crate) async fn forget_account(&self, account: &AccountId) -> Result<(), PortError> {
        let notices = self.key(&format!("notices/{account}/"));
        remove_below(&self.client, &self.bucket, &notices, |_| true).await?;
        remove(&self.client, &self.bucket, &self.key(&format!("ledger/{account}.json"))).await
    }
}
