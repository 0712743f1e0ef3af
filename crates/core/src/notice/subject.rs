//! What a notice is about, which makes its id.

use super::NoticeKind;
use crate::id::{AccessKeyId, AccountId, NoticeId, UserId};

/// What a notice is about. The same notice has the same id in every run, so that it is sent once.
#[derive(Clone, Copy, Debug)]
pub struct NoticeSubject<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The user's id.
    pub user_id: &'a UserId,
    /// The key.
    pub key: &'a AccessKeyId,
    /// How often the key's way through life began anew, see [`crate::ledger::KeyRecord::episode`].
    pub episode: u32,
    /// What the notice says.
    pub kind: &'a NoticeKind,
}

impl NoticeSubject<'_> {
    /// The id of the notice to this recipient.
    #[must_use]
    pub fn notice_id(&self, recipient: &str) -> NoticeId {
        let Self { account, user_id, key, episode, kind } = self;
        let recipient = recipient.to_lowercase();
        NoticeId::of_text(&format!("{account}\n{user_id}\n{key}\n{episode}\n{kind}\n{recipient}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_subject_and_the_recipient_make_another_notice() {
        let accounts: [AccountId; 2] = ["111122223333", "444455556666"].map(|id| id.parse().unwrap());
        let users: [UserId; 2] = ["AIDAAAAAAAAAAAAAAAAA", "AIDABBBBBBBBBBBBBBBB"].map(|id| id.parse().unwrap());
        let keys: [AccessKeyId; 2] = ["AKIAAAAAAAAAAAAAAAAA", "AKIABBBBBBBBBBBBBBBB"].map(|id| id.parse().unwrap());
        let kinds = [NoticeKind::Rotated, NoticeKind::Held(1)];
        let mut ids = std::collections::BTreeSet::new();
        for number in 0..64_usize {
            let bit = |place: usize| (number >> place) & 1;
            let subject = NoticeSubject {
                account: &accounts[bit(0)],
                user_id: &users[bit(1)],
                key: &keys[bit(2)],
                episode: u32::from(bit(3) == 1),
                kind: &kinds[bit(4)],
            };
            ids.insert(subject.notice_id(["a@example.com", "b@example.com"][bit(5)]));
        }
        assert_eq!(ids.len(), 64);
    }

    #[test]
    fn a_recipient_is_the_same_in_capitals_and_an_id_can_be_read_back() {
        let (account, user_id) = ("111122223333".parse().unwrap(), "AIDAAAAAAAAAAAAAAAAA".parse().unwrap());
        let key = "AKIAAAAAAAAAAAAAAAAA".parse().unwrap();
        let subject =
            NoticeSubject { account: &account, user_id: &user_id, key: &key, episode: 0, kind: &NoticeKind::Rotated };
        let id = subject.notice_id("Owner@Example.com");
        assert_eq!(id, subject.notice_id("owner@example.COM"));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
    }
}
