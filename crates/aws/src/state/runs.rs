use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_engine::ports::{ErrorKind, PortError, RunStore};

use super::failure::object_error;
use super::{PUT, S3State};

impl RunStore for S3State {
    async fn put_manifest(&self, manifest: &Manifest) -> Result<(), PortError> {
        let key = self.key(&format!("runs/{}/manifest.json", manifest.run_id));
        self.put_whole(&key, manifest).await
    }

    async fn put_inventory(&self, record: &InventoryRecord) -> Result<(), PortError> {
        let key = self.key(&format!("runs/{}/inventory.json", record.result.run_id));
        self.put_whole(&key, record).await
    }

    async fn put_result(&self, result: &AccountResult) -> Result<(), PortError> {
        let key = self.key(&format!("runs/{}/accounts/{}.json", result.run_id, result.account));
        let Err(error) = self.put(&key, result)?.if_none_match("*").send().await else { return Ok(()) };
        let failure = object_error(PUT, &self.bucket, &key, &error);
        if failure.kind != ErrorKind::Conflict {
            return Err(failure);
        }
        match self.earlier_result(&key).await? {
            Some(earlier) => self.put_whole(&key, &result.clone().following(earlier)).await,
            None => self.put_whole(&key, result).await,
        }
    }
}

impl S3State {
    /// The result that an earlier try of the same run stored; none when it cannot be read as one.
    async fn earlier_result(&self, key: &str) -> Result<Option<AccountResult>, PortError> {
        let object = self.get(key).await?;
        Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
    }
}
