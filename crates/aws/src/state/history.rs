use std::collections::BTreeSet;

use keywheel_core::clean::quoted;
use keywheel_core::contract::LONGEST_REASON;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};
use keywheel_engine::ports::{ErrorKind, PortError, RunHistory};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::runs::LATEST_KEY;
use super::{GET, S3State};
use crate::error::one_line;
use crate::listing::Listing;

impl RunHistory for S3State {
    async fn manifest(&self, run: &RunId) -> Result<Option<Manifest>, PortError> {
        self.read(&self.run_key(run, "manifest.json")).await
    }

    async fn inventory(&self, run: &RunId) -> Result<Option<InventoryRecord>, PortError> {
        self.read(&self.run_key(run, "inventory.json")).await
    }

    async fn checkpoint(&self, run: &RunId, hop: u32) -> Result<Option<FanOutCheckpoint>, PortError> {
        self.read(&self.run_key(run, &format!("fan-out/{hop}.json"))).await
    }

    async fn latest(&self) -> Result<Option<LatestRun>, PortError> {
        self.read(&self.key(LATEST_KEY)).await
    }

    async fn answered(&self, run: &RunId) -> Result<BTreeSet<AccountId>, PortError> {
        self.accounts_below(&self.run_key(run, "accounts/")).await
    }

    async fn result(&self, run: &RunId, account: &AccountId) -> Result<Option<AccountResult>, PortError> {
        self.read(&self.run_key(run, &format!("accounts/{account}.json"))).await
    }
}

/// The account whose object this is; none of whatever else somebody put there.
fn account_of(key: &str, prefix: &str) -> Option<AccountId> {
    key.strip_prefix(prefix)?.strip_suffix(".json")?.parse().ok()
}

/// What every object says of its shape.
#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

impl S3State {
    /// The accounts of which there is an object right below the prefix, from every page.
    pub(super) async fn accounts_below(&self, prefix: &str) -> Result<BTreeSet<AccountId>, PortError> {
        let mut listing = Listing::of(&self.client, &self.bucket, prefix);
        let mut accounts = BTreeSet::new();
        while let Some(page) = listing.next().await? {
            let keys = page.contents.into_iter().flatten().filter_map(|object| object.key);
            accounts.extend(keys.filter_map(|key| account_of(&key, prefix)));
        }
        Ok(accounts)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, PortError> {
        let Some(object) = self.get(key).await? else { return Ok(None) };
        let invalid = |why: String| PortError {
            operation: GET,
            kind: ErrorKind::Invalid,
            message: one_line(&format!("s3://{}/{key} {why}", self.bucket)),
        };
        let unreadable = |error: serde_json::Error| {
            let why = quoted(&error.to_string(), LONGEST_REASON);
            invalid(format!("cannot be read ({why}); restore an earlier version of the object"))
        };
        let Version { schema_version } = serde_json::from_slice(&object.bytes).map_err(unreadable)?;
        if schema_version > SCHEMA {
            return Err(invalid(format!(
                "has the schema version {schema_version} of a newer release, and this one knows {SCHEMA}; deploy the newer release"
            )));
        }
        serde_json::from_slice(&object.bytes).map(Some).map_err(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Wire};

    fn state(answers: impl Fn(usize) -> Answer + Send + Sync + 'static) -> S3State {
        S3State::new(&Wire::new(move |number, _| answers(number)).config(), "bucket", "keywheel/")
    }

    fn run() -> RunId {
        "r-1".parse().unwrap()
    }

    fn page(accounts: &[&str], rest: &str) -> Answer {
        let keys =
            accounts.iter().map(|id| format!("<Contents><Key>keywheel/runs/r-1/accounts/{id}.json</Key></Contents>"));
        Answer::Status(200, format!("<ListBucketResult>{}{rest}</ListBucketResult>", keys.collect::<String>()))
    }

    #[tokio::test]
    async fn accounts_are_listed_from_every_page_and_half_a_list_is_an_error() {
        let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>two</NextContinuationToken>";
        let whole = state(move |number| match number {
            0 => page(&["111122223333", "222233334444"], more),
            _ => page(&["333344445555", "nobody"], "<IsTruncated>false</IsTruncated>"),
        });
        assert_eq!(whole.answered(&run()).await.unwrap().len(), 3);
        for rest in ["<IsTruncated>true</IsTruncated>", more] {
            let half = state(move |_| page(&["111122223333"], rest));
            half.answered(&run()).await.unwrap_err();
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_none_and_what_cannot_be_read_or_is_of_a_newer_release_says_so() {
        let latest = |text: &'static str| async move {
            let headers = vec![("etag", "\"1\"")];
            state(move |_| Answer::WithHeaders(200, headers.clone(), text.to_owned())).latest().await
        };
        let found = latest(r#"{"schema_version":1,"run_id":"r-1","at":"2026-11-20T02:00:07Z"}"#).await.unwrap();
        assert_eq!(found.unwrap().run_id, run());
        for (text, said) in [
            (r#"{"schema_version":2,"of":"tomorrow"}"#, "newer release"),
            (r#"{"schema_version":1,"run_"#, "cannot be read"),
            (r#"{"schema_version":1,"run_id":"../x"}"#, "cannot be read"),
        ] {
            let error = latest(text).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.message.contains(said) && error.message.contains("keywheel/runs/latest.json"), "{error}");
        }
        assert_eq!(
            state(|_| Answer::Status(404, "<Error><Code>NoSuchKey</Code></Error>".to_owned())).latest().await.unwrap(),
            None
        );
    }

    #[test]
    fn only_results_of_accounts_count() {
        let prefix = "keywheel/runs/r-1/accounts/";
        let of = |key: &str| account_of(key, prefix).map(|account| account.to_string());
        assert_eq!(of("keywheel/runs/r-1/accounts/111122223333.json").as_deref(), Some("111122223333"));
        for other in ["keywheel/runs/r-1/accounts/", "keywheel/runs/r-1/accounts/1.json", "111122223333.json", "x"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
