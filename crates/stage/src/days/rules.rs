//! Rules that hold on every day, whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::AccountId;
use keywheel_core::observed::KeyStatus;

use super::diary::AskedNotice;
use super::season::Keys;
use crate::admin::Mail;
use crate::seed::SeededUser;
use crate::stage::Stage;

/// What was seen of a night.
pub(super) struct Seen<'a> {
    pub(super) stage: &'a Stage,
    pub(super) results: &'a [AccountResult],
    /// The keys right before it.
    pub(super) before: &'a Keys,
    /// The keys right after it.
    pub(super) after: &'a Keys,
    pub(super) notices: &'a [AskedNotice],
    pub(super) mails: &'a [Mail],
}

/// Every rule that the night broke.
pub(super) fn broken(seen: &Seen<'_>) -> Vec<String> {
    let mut broken = seen.unfinished();
    broken.extend(keys_broken(seen.before, seen.after));
    broken.extend(seen.mails_broken());
    broken
}

/// No active key is deleted, no inactive one revived, and at most one is made per user.
pub(crate) fn keys_broken(before: &Keys, after: &Keys) -> Vec<String> {
    let mut broken = Vec::new();
    for (user, keys) in before {
        let now = after.get(user).cloned().unwrap_or_default();
        for (id, status) in keys {
            if *status == KeyStatus::Active && !now.contains_key(id) {
                broken.push(format!("the active key {id} of {user} was deleted"));
            }
            if *status == KeyStatus::Inactive && now.get(id) == Some(&KeyStatus::Active) {
                broken.push(format!("the inactive key {id} of {user} was made active"));
            }
        }
        let made = now.keys().filter(|id| !keys.contains_key(id)).count();
        if made > 1 {
            broken.push(format!("{made} keys were made for {user}"));
        }
    }
    broken
}

impl Seen<'_> {
    fn unfinished(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for result in self.results {
            if !result.complete || result.error.is_some() {
                wrong.push(format!("account {} is not complete: {:?}", result.account, result.error));
            }
            let steps = result.steps.iter().filter(|step| step.status != StepStatus::Done || step.error.is_some());
            wrong.extend(
                steps.map(|step| {
                    format!("{} of {} is {:?}: {:?}", step.step.as_str(), step.user, step.status, step.error)
                }),
            );
        }
        wrong
    }

    /// Each recipient gets one mail per account, and it names every user of whom there is something to tell.
    fn mails_broken(&self) -> Vec<String> {
        let mut expected = mails_expected(self.stage, self.notices);
        let mut broken = Vec::new();
        for mail in self.mails {
            let place = self.place(mail).and_then(|place| Some((expected.remove(&place)?, place)));
            let Some((users, place)) = place else {
                broken.push(format!("nobody expected a mail to {:?}: {:?}", mail.to, mail.subject()));
                continue;
            };
            let missing = users.into_iter().filter(|user| !mail.text().contains(user) || !mail.html().contains(user));
            broken.extend(missing.map(|user| format!("the mail to {place:?} says nothing of {user}")));
        }
        broken.extend(expected.into_iter().map(|(place, users)| format!("{place:?} gets no mail about {users:?}")));
        broken
    }

    fn place(&self, mail: &Mail) -> Option<(AccountId, String)> {
        let mut accounts = self.stage.organization.accounts.iter();
        let account = accounts.find(|account| mail.subject().contains(account.id.as_str()))?;
        Some((account.id.clone(), mail.to.first()?.clone()))
    }
}

/// Account and recipient of every mail that the notices call for, and the users of whom it has to speak.
pub(super) fn mails_expected<'a>(
    stage: &Stage,
    notices: &'a [AskedNotice],
) -> BTreeMap<(AccountId, String), BTreeSet<&'a str>> {
    let mut expected: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for notice in notices {
        for recipient in recipients(stage, notice) {
            expected.entry((notice.account.clone(), recipient)).or_default().insert(notice.user.as_str());
        }
    }
    expected
}

/// The account's owner, the security mailbox, and the address in an `EMAIL` tag.
fn recipients(stage: &Stage, notice: &AskedNotice) -> BTreeSet<String> {
    let owner = stage.organization.account(&notice.account).map(|account| account.email.clone());
    let seeded: Option<&SeededUser> = stage.seeded.users.iter().find(|user| user.name == notice.user);
    let is_address = |name: &String| name.to_uppercase().ends_with(":EMAIL");
    let tags = seeded.into_iter().flat_map(|user| &user.tags).filter(|(name, _)| is_address(name));
    let tagged = tags.map(|(_, email)| email.clone());
    owner.into_iter().chain([stage.organization.security_email.clone()]).chain(tagged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(keys: &[(&str, KeyStatus)]) -> Keys {
        let id = |letter: &str| format!("AKIA{}", letter.repeat(16)).parse().unwrap();
        [("alice".parse().unwrap(), keys.iter().map(|(letter, status)| (id(letter), *status)).collect())].into()
    }

    #[test]
    fn only_inactive_keys_may_go_and_only_one_may_come() {
        use KeyStatus::{Active, Inactive};
        let before = keys(&[("A", Active), ("B", Inactive)]);
        assert_eq!(keys_broken(&before, &keys(&[("A", Inactive), ("C", Active)])), Vec::<String>::new());
        assert_eq!(keys_broken(&before, &keys(&[("B", Inactive)])).len(), 1);
        assert_eq!(keys_broken(&before, &keys(&[("A", Active), ("B", Active)])).len(), 1);
        assert_eq!(keys_broken(&before, &keys(&[("A", Active), ("C", Active), ("D", Active)])).len(), 1);
    }
}
