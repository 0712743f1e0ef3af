//! What a run stores, in memory.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};

use super::{World, error};
use crate::ports::{ErrorKind, PortError, RunHistory, RunStore};

impl RunStore for World {
    async fn put_manifest(&self, manifest: &Manifest) -> Result<(), PortError> {
        self.called("put_manifest", "").await?;
        *self.manifest.lock().unwrap() = Some(manifest.clone());
        self.reached(true).await;
        Ok(())
    }

    async fn put_inventory(&self, record: &InventoryRecord) -> Result<(), PortError> {
        self.called("put_inventory", "").await?;
        *self.record.lock().unwrap() = Some(record.clone());
        self.reached(true).await;
        Ok(())
    }

    async fn put_checkpoint(&self, checkpoint: &FanOutCheckpoint) -> Result<(), PortError> {
        self.called("put_checkpoint", "").await?;
        self.checkpoints.lock().unwrap().insert(checkpoint.hop, checkpoint.clone());
        self.reached(true).await;
        Ok(())
    }

    async fn put_latest(&self, latest: &LatestRun) -> Result<(), PortError> {
        self.called("put_latest", "").await?;
        *self.latest.lock().unwrap() = Some(latest.clone());
        self.reached(true).await;
        Ok(())
    }

    async fn put_finish(&self, record: &FinishRecord) -> Result<(), PortError> {
        self.called("put_finish", "").await?;
        *self.finished.lock().unwrap() = Some(record.clone());
        Ok(())
    }

    async fn put_result(&self, _: &AccountResult) -> Result<(), PortError> {
        unreachable!("account-inventory stores no account's result")
    }
}

impl RunHistory for World {
    async fn manifest(&self, run: &RunId) -> Result<Option<Manifest>, PortError> {
        self.called("manifest", "").await?;
        Ok(self.manifest.lock().unwrap().clone().filter(|manifest| manifest.run_id == *run))
    }

    async fn inventory(&self, _: &RunId) -> Result<Option<InventoryRecord>, PortError> {
        self.called("inventory", "").await?;
        Ok(self.record.lock().unwrap().clone())
    }

    async fn checkpoint(&self, _: &RunId, hop: u32) -> Result<Option<FanOutCheckpoint>, PortError> {
        self.called("checkpoint", "").await?;
        Ok(self.checkpoints.lock().unwrap().get(&hop).cloned())
    }

    async fn latest(&self) -> Result<Option<LatestRun>, PortError> {
        self.called("latest", "").await?;
        Ok(self.latest.lock().unwrap().clone())
    }

    async fn answered(&self, _: &RunId) -> Result<BTreeSet<AccountId>, PortError> {
        self.called("answered", "").await?;
        Ok(self.results.lock().unwrap().keys().cloned().collect())
    }

    async fn result(&self, _: &RunId, account: &AccountId) -> Result<Option<AccountResult>, PortError> {
        self.called("result", "").await?;
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(now, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        match self.results.lock().unwrap().get(account) {
            Some(None) => Err(error("s3:GetObject", ErrorKind::Invalid)),
            Some(Some(result)) => Ok(Some(result.clone())),
            None => Ok(None),
        }
    }
}
