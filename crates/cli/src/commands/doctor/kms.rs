//! Keys of KMS: whether they are there, can be used, and are of the account that should have them.

use aws_sdk_kms::types::{KeyMetadata, KeyState};
use keywheel_aws::{SdkConfig, port_error};
use keywheel_core::id::AccountId;
use keywheel_engine::ports::ErrorKind;

use super::finding::Verdict;

/// Looks at a key, by its id, ARN or alias, as whoever the configuration stands for. `to_do` is for a key that is not there or off.
pub(super) async fn key(config: &SdkConfig, account: &AccountId, key: &str, to_do: &str) -> Verdict {
    let answer = aws_sdk_kms::Client::new(config).describe_key().key_id(key).send().await;
    match answer.map_err(|error| port_error("kms:DescribeKey", &error)) {
        Ok(answer) => judged(answer.key_metadata.as_ref(), account, key, to_do),
        Err(error) if error.kind == ErrorKind::Invalid => Verdict::fail(error.to_string(), to_do),
        Err(error) => Verdict::of_error(&error, to_do),
    }
}

fn judged(found: Option<&KeyMetadata>, account: &AccountId, key: &str, to_do: &str) -> Verdict {
    let owner = found.and_then(|found| found.aws_account_id.as_deref());
    match found.and_then(|found| found.key_state.as_ref()) {
        Some(KeyState::Enabled) => match owner.filter(|owner| *owner != account.as_str()) {
            Some(owner) => Verdict::warn(
                format!("{key} is enabled, and of account {owner}"),
                format!("see that its key policy lets account {account} use it: permissions there alone do not"),
            ),
            None => Verdict::ok(format!("{key} is enabled")),
        },
        Some(state) => Verdict::fail(format!("{key} is {}", state.as_str()), to_do),
        None => Verdict::not_checked("AWS does not say how it is", "try again"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_key_that_is_off_is_wrong_and_one_of_another_account_is_to_be_looked_at() {
        let account: AccountId = "111122223333".parse().unwrap();
        let of = |state: Option<KeyState>, owner: &str| {
            let found = KeyMetadata::builder().key_id("k").aws_account_id(owner).set_key_state(state).build().unwrap();
            judged(Some(&found), &account, "alias/keywheel", "enable it").of("group", "key").level
        };
        assert_eq!(of(Some(KeyState::Enabled), "111122223333"), Level::Ok);
        assert_eq!(of(Some(KeyState::Enabled), "444455556666"), Level::Warn);
        for off in [KeyState::Disabled, KeyState::PendingDeletion, KeyState::PendingImport] {
            assert_eq!(of(Some(off), "111122223333"), Level::Fail);
        }
        assert_eq!(of(None, "111122223333"), Level::NotChecked);
        assert_eq!(judged(None, &account, "k", "enable it").of("group", "key").level, Level::NotChecked);
    }
}
