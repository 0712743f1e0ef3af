use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::RunId;
use keywheel_engine::ports::{ErrorKind, PortError, RunStore};

use super::failure::object_error;
use super::{Object, PUT, S3State};

/// Writes of a result that are tried while others write the same one.
const TRIES: u32 = 5;

/// Which run is the latest: beside the folders of the runs.
pub(super) const LATEST_KEY: &str = "runs/latest.json";

impl S3State {
    pub(super) fn run_key(&self, run: &RunId, rest: &str) -> String {
        self.key(&format!("runs/{run}/{rest}"))
    }
}

impl RunStore for S3State {
    async fn put_manifest(&self, manifest: &Manifest) -> Result<(), PortError> {
        self.put_whole(&self.run_key(&manifest.run_id, "manifest.json"), manifest).await
    }

    async fn put_inventory(&self, record: &InventoryRecord) -> Result<(), PortError> {
        self.put_whole(&self.run_key(&record.result.run_id, "inventory.json"), record).await
    }

    async fn put_checkpoint(&self, checkpoint: &FanOutCheckpoint) -> Result<(), PortError> {
        let name = format!("fan-out/{}.json", checkpoint.hop);
        self.put_whole(&self.run_key(&checkpoint.run_id, &name), checkpoint).await
    }

    async fn put_latest(&self, latest: &LatestRun) -> Result<(), PortError> {
        self.put_whole(&self.key(LATEST_KEY), latest).await
    }

    async fn put_finish(&self, record: &FinishRecord) -> Result<(), PortError> {
        self.put_whole(&self.run_key(&record.run_id, "finish.json"), record).await
    }

    async fn put_result(&self, result: &AccountResult) -> Result<(), PortError> {
        let key = self.run_key(&result.run_id, &format!("accounts/{}.json", result.account));
        let mut earlier: Option<Object> = None;
        let mut tries = 0;
        loop {
            let request = match &earlier {
                None => self.put(&key, result)?.if_none_match("*"),
                Some(object) => self.put(&key, &after(object, result))?.if_match(&object.etag),
            };
            let Err(error) = request.send().await else { return Ok(()) };
            let failure = object_error(PUT, &self.bucket, &key, &error);
            tries += 1;
            if failure.kind != ErrorKind::Conflict || tries == TRIES {
                return Err(failure);
            }
            earlier = self.get(&key).await?;
        }
    }
}

/// The result after the one that an earlier try of the same run stored; what cannot be read as a result is replaced.
fn after(earlier: &Object, result: &AccountResult) -> AccountResult {
    let result = result.clone();
    match serde_json::from_slice(&earlier.bytes) {
        Ok(earlier) => result.following(earlier),
        Err(_) => result,
    }
}
