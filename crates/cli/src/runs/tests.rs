use std::time::Duration;

use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use serde_json::json;

use super::*;

const FIRST: &str = "111100000001";

/// Manifests, and the present. Of every run the first account has answered.
struct Bucket {
    runs: Vec<Manifest>,
    now: Timestamp,
    fan_outs_are_finished: bool,
}

impl Clock for Bucket {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn sleep(&self, _: Duration) {}
}

impl RunHistory for Bucket {
    async fn manifest(&self, run: &RunId) -> Result<Option<Manifest>, PortError> {
        Ok(self.runs.iter().find(|manifest| manifest.run_id == *run).cloned())
    }

    async fn inventory(&self, run: &RunId) -> Result<Option<InventoryRecord>, PortError> {
        let manifest = self.manifest(run).await?.filter(|_| self.fan_outs_are_finished);
        Ok(manifest.map(|manifest| {
            let record = json!({ "schema_version": 1, "run_id": run, "mode": "enforce", "at": manifest.at, "listed_at": manifest.at,
                "accounts": { "listed": 2, "invoked": 2, "skipped": [], "failed": [] } });
            serde_json::from_value(record).unwrap()
        }))
    }

    async fn checkpoint(&self, _: &RunId, _: u32) -> Result<Option<FanOutCheckpoint>, PortError> {
        Ok(None)
    }

    async fn latest(&self) -> Result<Option<LatestRun>, PortError> {
        Ok(None)
    }

    async fn answered(&self, _: &RunId) -> Result<BTreeSet<AccountId>, PortError> {
        Ok(BTreeSet::from([FIRST.parse().unwrap()]))
    }

    async fn result(&self, run: &RunId, account: &AccountId) -> Result<Option<AccountResult>, PortError> {
        let at = self.manifest(run).await?.unwrap().at;
        let result = json!({ "schema_version": 1, "run_id": run, "account": account, "mode": "enforce", "at": at,
            "complete": true, "users": 1, "keys": 1, "steps": [], "counts": {} });
        Ok((account.as_str() == FIRST).then(|| serde_json::from_value(result).unwrap()))
    }
}

/// How the runs that began then stand now, the newest first: whether each is going, and whom it waits for in vain.
async fn standing(began: &[&str], now: &str, fan_outs_are_finished: bool) -> Vec<(bool, usize, usize)> {
    let manifest = |at: &&str| {
        let accounts = [FIRST, "111100000002"].map(|account| json!({ "account": account, "name": "" }));
        let run = format!("r-{}", at.replace(':', ""));
        let manifest = json!({ "schema_version": 1, "run_id": run, "mode": "enforce", "at": at, "accounts": accounts, "skipped": [] });
        serde_json::from_value::<Manifest>(manifest).unwrap()
    };
    let manifests: Vec<_> = began.iter().map(manifest).collect();
    let answered = BTreeSet::from([FIRST.parse().unwrap()]);
    let stored = |manifest: &Manifest| StoredRun {
        manifest: manifest.clone(),
        inventory: None,
        finish: None,
        answered: answered.clone(),
    };
    let mut runs: Vec<_> = manifests.iter().map(stored).collect();
    let bucket = Bucket { runs: manifests, now: now.parse().unwrap(), fan_outs_are_finished };
    account_for(&bucket, &bucket, &mut runs).await.unwrap();
    runs.iter().map(|run| (run.is_going(), run.unanswered().len(), run.not_invoked().len())).collect()
}

#[tokio::test]
async fn the_engine_says_how_long_a_run_goes() {
    let began = ["2026-11-20T02:00:00Z"];
    assert_eq!(standing(&began, "2026-11-20T08:14:59Z", true).await, [(true, 1, 0)]);
    assert_eq!(standing(&began, "2026-11-20T08:15:00Z", true).await, [(false, 1, 0)]);
    // As long as the fan-out itself may go on, accounts may be invoked yet.
    assert_eq!(standing(&began, "2026-11-20T14:29:59Z", false).await, [(true, 1, 0)]);
    assert_eq!(standing(&began, "2026-11-20T14:30:00Z", false).await, [(false, 0, 1)]);
}

#[tokio::test]
async fn runs_are_accounted_for_until_one_has_ended() {
    let began = ["2026-11-20T05:00:00Z", "2026-11-20T02:00:00Z", "2026-11-19T02:00:00Z", "2026-11-18T02:00:00Z"];
    let standing = standing(&began, "2026-11-20T15:00:00Z", false).await;
    // Of the oldest nobody knows whether its fan-out came to all accounts.
    assert_eq!(standing, [(true, 1, 0), (false, 0, 1), (false, 1, 0), (false, 1, 0)]);
}

fn id(text: &str) -> RunId {
    text.parse().unwrap()
}

#[test]
fn runs_come_the_newest_first_and_what_somebody_asked_for_is_none() {
    let names = ["action-1", "apply-1", "apply-2", "20261119T020000Z-b", "20261120T020000Z-a", "by-hand", "z"];
    let names: BTreeSet<RunId> = names.into_iter().map(id).collect();
    let dated = ["20261120T020000Z-a", "20261119T020000Z-b", "z", "by-hand"].map(id);
    assert_eq!(newest_first(names.clone(), None), dated);
    let with_latest = ["by-hand", "20261120T020000Z-a", "20261119T020000Z-b", "z"].map(id);
    assert_eq!(newest_first(names, Some(id("by-hand"))), with_latest);
}

#[test]
fn runs_that_begin_in_one_process_and_second_are_told_apart() {
    let ids: std::collections::BTreeSet<_> = (0..10).map(|_| super::new_id()).collect();
    assert_eq!(ids.len(), 10);
}
