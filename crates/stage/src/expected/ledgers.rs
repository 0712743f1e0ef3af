//! Ledgers: what they remember of what the night did.

use keywheel_core::ledger::{AccountLedger, Actor, KeyRecord, UserRecord};
use keywheel_core::observed::KeyStatus;

use super::{Held, differs};
use crate::case::{MADE, OLD};
use crate::seed::SeededUser;

impl Held<'_> {
    /// Where the ledgers do not tell what was done: keys made, published, made inactive, deleted; or are left claimed or half-way.
    #[must_use]
    pub fn ledgers(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (key, value) in &self.after.ledgers {
            let account = self.stage.organization.accounts.iter().find(|account| key.contains(account.id.as_str()));
            let ledger = account.map(|account| AccountLedger::parse(&account.id, value.to_string().as_bytes()));
            match ledger {
                Some(Ok(ledger)) => self.ledger(&mut wrong, &ledger),
                other => wrong.push(format!("{key}: {other:?}")),
            }
        }
        wrong
    }

    fn ledger(&self, wrong: &mut Vec<String>, ledger: &AccountLedger) {
        differs(wrong, &format!("the claim on {}", ledger.account), &None, &ledger.claim);
        for user in self.users().filter(|user| user.account == ledger.account && self.is_served(user)) {
            let empty = UserRecord::new(user.user_id.clone());
            let record = ledger.users.get(&user.name).unwrap_or(&empty);
            differs(wrong, &format!("the intent for {}", self.name(user)), &None, &record.intent);
            self.replacement(wrong, user, record);
            self.ended(wrong, user, record);
        }
    }

    /// A key that was made tonight is remembered from its making to its publication, and what it took over from.
    fn replacement(&self, wrong: &mut Vec<String>, user: &SeededUser, record: &UserRecord) {
        let (Some(made), Some(old)) = (self.key(user, MADE), self.key(user, OLD)) else { return };
        let new = record.key(&made);
        let is_whole = new.created.is_some() && new.proven.is_some() && new.published.is_some();
        let is_linked = new.supersedes.as_ref() == Some(&old) && record.key(&old).superseded_by == Some(made);
        if !is_whole || !is_linked || new.retrieval_unproven {
            wrong.push(format!("the replacement of {} is not remembered: {new:?}", self.name(user)));
        }
    }

    /// A key that was made inactive or deleted tonight is remembered so.
    fn ended(&self, wrong: &mut Vec<String>, user: &SeededUser, record: &UserRecord) {
        let after = self.case(user).keys_after();
        for (label, before) in self.case(user).keys_before() {
            let Some(key) = self.key(user, &label).map(|id| record.key(&id)) else { continue };
            let inactive_by = |key: &KeyRecord| key.made_inactive.as_ref().map(|inactive| inactive.by);
            let remembered = match (before, after.get(&label)) {
                (_, None) => key.deleted.is_some(),
                (KeyStatus::Active, Some(KeyStatus::Inactive)) => inactive_by(&key) == Some(Actor::Keywheel),
                (KeyStatus::Inactive, Some(KeyStatus::Inactive)) => inactive_by(&key).is_some(),
                (_, Some(KeyStatus::Active)) => inactive_by(&key).is_none(),
            };
            if !remembered {
                wrong.push(format!("what became of key {label} of {} is not remembered: {key:?}", self.name(user)));
            }
        }
    }
}
