//! The other objects of the state bucket: whatever stands in the place of one.

use keywheel_core::contract::fan_out::{FanOutCheckpoint, LatestRun};
use keywheel_core::contract::finish::FinishRecord;
use keywheel_core::contract::mailed::MailedNotices;
use keywheel_core::contract::manifest::{InventoryRecord, Manifest};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::secret::SecretRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::promise::comes_back;

/// A manifest, a record, a result, a notice, the value of a secret.
pub fn stored_object(bytes: &[u8]) {
    tried::<Manifest>(bytes);
    tried::<InventoryRecord>(bytes);
    tried::<FanOutCheckpoint>(bytes);
    tried::<LatestRun>(bytes);
    tried::<FinishRecord>(bytes);
    tried::<AccountResult>(bytes);
    tried::<SentNotice>(bytes);
    tried::<MailedNotices>(bytes);
    tried::<SecretRecord>(bytes);
    if let Ok(result) = serde_json::from_slice::<AccountResult>(bytes) {
        comes_back(&result.clone().following(result));
    }
}

fn tried<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(bytes) {
        comes_back(&value);
    }
}
