use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::result::AccountResult;
use keywheel_engine::ports::{ErrorKind, PortError, RunStore};

use super::failure::object_error;
use super::{Object, PUT, S3State};

/// Writes of a result that are tried while others write the same one.
const TRIES: u32 = 5;

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
