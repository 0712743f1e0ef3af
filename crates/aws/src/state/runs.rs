use keywheel_core::contract::manifest::Manifest;
use keywheel_core::contract::result::AccountResult;
use keywheel_engine::ports::{PortError, RunStore};

use super::S3State;

impl RunStore for S3State {
    async fn put_manifest(&self, manifest: &Manifest) -> Result<(), PortError> {
        let key = self.key(&format!("runs/{}/manifest.json", manifest.run_id));
        self.put_whole(&key, manifest).await
    }

    async fn put_result(&self, result: &AccountResult) -> Result<(), PortError> {
        let key = self.key(&format!("runs/{}/accounts/{}.json", result.run_id, result.account));
        self.put_whole(&key, result).await
    }
}
