//! A user's tags, which whoever may tag the user can set.

use std::collections::BTreeMap;

use jiff::Timestamp;
use keywheel_core::policy::{Policy, UserTags};

/// Lines of `key=value` as tags, read as the policy reads them.
pub fn tags(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pairs = text.split('\n').map(|line| line.split_once('=').unwrap_or((line, "")));
    let tags: BTreeMap<String, String> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let usual = Policy::default().periods;
    for prefix in ["KeyRotation:", "IKR:", "ß"] {
        let read = UserTags::read(&tags, prefix);
        let periods = usual.for_user(&read);
        assert!(periods.recovery_grace >= usual.recovery_grace(), "a tag makes the recovery grace shorter: {read:?}");
        assert!(periods.rotation.0 > 0 && periods.install_grace.0 > 0, "a tag leaves no time at all: {read:?}");
        for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let _ = read.exempts(now);
        }
        assert_eq!(UserTags::read(&tags, prefix), read, "the same tags are read in two ways");
    }
}
