//! Equal failures together, with the accounts and users that they happened to.
//!
//! `failures.add("not reached", &error, Subject::of(&account, name))` for each; `grouped()` brings them, most of a kind first.
//! [`grouped`] does so for the accounts of a report.

use std::collections::BTreeMap;

use keywheel_core::id::{AccountId, UserName};
use serde::Serialize;

use crate::Report;
use crate::model::{AccountReport, Ended};
use crate::text::{counted, number, tame};

/// Failures as they come in. A kind says what did not happen.
#[derive(Clone, Debug)]
pub struct Failures<K>(BTreeMap<(K, String), Vec<Subject>>);

/// Accounts or users that failed alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<K = Ended> {
    /// What did not happen to them.
    pub kind: K,
    /// Why, with `<account>` and `<user>` in the place of each one's own.
    pub error: String,
    /// Each of them, in the order in which they came in.
    pub subjects: Vec<Subject>,
}

/// The account, or the user in it, that something happened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The account.
    pub account: AccountId,
    /// The account's name, where it is known; people may write anything here.
    pub name: Option<String>,
    /// The user; none where it is about the account as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
}

impl Subject {
    /// An account; an empty name is none.
    #[must_use]
    pub fn of(account: &AccountId, name: &str) -> Self {
        let name = Some(name).filter(|name| !name.is_empty()).map(str::to_owned);
        Self { account: account.clone(), name, user: None }
    }

    /// A user of it.
    #[must_use]
    pub fn user(self, user: &UserName) -> Self {
        Self { user: Some(user.clone()), ..self }
    }
}

/// `111122223333 payments`, `alice of 111122223333 payments`.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user} of ")?;
        }
        write!(f, "{}", self.account)?;
        self.name.as_deref().map_or(Ok(()), |name| write!(f, " {}", tame(name)))
    }
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Failures<K> {
    /// Adds one.
    pub fn add(&mut self, kind: K, error: &str, subject: Subject) {
        let mut error = error.replace(subject.account.as_str(), "<account>");
        if let Some(user) = &subject.user {
            error = without_word(&error, user.as_str(), "<user>");
        }
        self.0.entry((kind, error)).or_default().push(subject);
    }

    /// All of them, most of a kind first.
    #[must_use]
    pub fn grouped(self) -> Vec<Failure<K>> {
        let failures = self.0.into_iter().map(|((kind, error), subjects)| Failure { kind, error, subjects });
        let mut failures: Vec<_> = failures.collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.subjects.len()));
        failures
    }
}

impl<K> Failure<K> {
    /// How many they are, as `1 account` or `3 users`.
    #[must_use]
    pub fn count(&self) -> String {
        let of_users = self.subjects.iter().any(|subject| subject.user.is_some());
        counted(self.subjects.len(), if of_users { "user" } else { "account" })
    }

    /// The first of them, and how many more there are.
    #[must_use]
    pub fn named(&self, most: usize) -> String {
        named(&self.subjects, most)
    }
}

/// The first of them, and how many more there are.
#[must_use]
pub fn named(subjects: &[Subject], most: usize) -> String {
    let named: Vec<_> = subjects.iter().take(most).map(ToString::to_string).collect();
    match subjects.len().saturating_sub(most) {
        0 => named.join(", "),
        more => format!("{} and {} more", named.join(", "), number(more)),
    }
}

/// Every account of a report that was neither wholly looked at nor left out on purpose, most of a kind first.
#[must_use]
pub fn grouped(report: &Report) -> Vec<Failure> {
    let mut failures = Failures::default();
    for account in &report.accounts {
        if !matches!(account.ended, Ended::Answered | Ended::Skipped) {
            let subject = Subject::of(&account.account, account.name.as_deref().unwrap_or_default());
            failures.add(account.ended, &why(account), subject);
        }
    }
    failures.grouped()
}

fn why(account: &AccountReport) -> String {
    let of_users = || {
        account.notes.iter().find_map(|note| note.error.as_ref().map(|error| format!("user {}: {error}", note.user)))
    };
    let none_told = || match account.ended {
        Ended::NeverAnswered => "it was invoked, and there is no result".to_owned(),
        _ => "something was left undone; its result has the steps".to_owned(),
    };
    account.error.clone().or_else(of_users).unwrap_or_else(none_told)
}

/// The text with a word replaced where it is one, and not a part of a longer name.
fn without_word(text: &str, word: &str, by: &str) -> String {
    // What IAM allows in the name of a user.
    let is_of_name = |c: char| c.is_alphanumeric() || "_+=,.@-".contains(c);
    let (mut replaced, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(place) = rest.find(word).filter(|_| !word.is_empty()) {
        let (before, after) = (&rest[..place], &rest[place + word.len()..]);
        let is_part = before.chars().next_back().or_else(|| replaced.chars().next_back()).is_some_and(is_of_name)
            || after.chars().next().is_some_and(is_of_name);
        replaced.push_str(before);
        replaced.push_str(if is_part { word } else { by });
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_failures_are_one_and_most_of_a_kind_come_first() {
        let [one, other]: [AccountId; 2] = ["111122223333", "444455556666"].map(|id| id.parse().unwrap());
        let user = |name: &str| Subject::of(&one, "payments").user(&name.parse().unwrap());
        let mut failures = Failures::default();
        failures.add("not reached", "role arn:aws:iam::444455556666:role/x is not there", Subject::of(&other, ""));
        failures.add("not tagged", "there is no user bot", user("bot"));
        failures.add("not tagged", "there is no user alice", user("alice"));
        let said = failures
            .grouped()
            .into_iter()
            .map(|failure| format!("{} {}: {} ({})", failure.count(), failure.kind, failure.error, failure.named(1)));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                "2 users not tagged: there is no user <user> (bot of 111122223333 payments and 1 more)",
                "1 account not reached: role arn:aws:iam::<account>:role/x is not there (444455556666)",
            ]
        );
    }

    #[test]
    fn a_name_within_another_stays() {
        assert_eq!(
            without_word("bot: deploy-bot, bot2, \"bot\"", "bot", "<user>"),
            "<user>: deploy-bot, bot2, \"<user>\""
        );
        assert_eq!(without_word("botbot", "bot", "<user>"), "botbot");
    }

    #[test]
    fn a_name_cannot_steer_a_terminal() {
        let subject = Subject::of(&"111122223333".parse().unwrap(), "\u{1b}[2Jx\u{202e}");
        assert_eq!(subject.to_string(), "111122223333 \u{fffd}[2Jx\u{fffd}");
    }
}
