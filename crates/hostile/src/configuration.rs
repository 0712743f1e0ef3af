//! The settings: variables of the environment, among them the rollout, the exemption group and the freezes.

use std::collections::BTreeMap;

use keywheel_runtime::{InventoryConfig, NotificationConfig, RotationConfig};

use crate::promise::one_clear_line_about;

/// Lines of `NAME=value` as the environment of each function. A function that starts and one that refuses are both fine.
pub fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split('\n').filter_map(|line| line.split_once('='));
    let variables: BTreeMap<&str, &str> = lines.collect();
    let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    if let Err(error) = InventoryConfig::from_lookup(lookup) {
        one_clear_line_about(error.problems.len(), &error);
    }
    if let Err(error) = RotationConfig::from_lookup(lookup) {
        one_clear_line_about(error.problems.len(), &error);
    }
    if let Err(error) = NotificationConfig::from_lookup(lookup) {
        one_clear_line_about(error.problems.len(), &error);
    }
}
