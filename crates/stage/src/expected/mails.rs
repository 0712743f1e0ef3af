//! Notices and mails: one mail per account and recipient, with just what concerns them.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::id::{AccessKeyId, AccountId};

use super::{Held, differs};
use crate::admin::Mail;
use crate::policies::SENDER;

/// What a recipient is to read of an account: users and keys.
type Contents = BTreeSet<(String, AccessKeyId)>;

impl Held<'_> {
    /// Where the records of notices differ.
    #[must_use]
    pub fn notice_records(&self) -> Vec<String> {
        let mut expected: BTreeSet<String> = self.before.notices.keys().cloned().collect();
        for user in self.users() {
            let ids = self.notices(user).into_iter().flat_map(|(_, ids)| ids.into_values());
            expected.extend(ids.map(|id| format!("notices/{}/{id}.json", user.account)));
        }
        let found: BTreeSet<String> = self.after.notices.keys().cloned().collect();
        let mut wrong: Vec<_> = expected.difference(&found).map(|key| format!("{key} is missing")).collect();
        wrong.extend(found.difference(&expected).map(|key| format!("{key} was not expected")));
        let unsent = self.after.notices.iter().filter(|(_, record)| record["state"] != "sent");
        wrong.extend(unsent.map(|(key, record)| format!("{key} is not sent: {record}")));
        wrong
    }

    /// Where the mails differ.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let expected = self.mails_expected();
        let mut found: BTreeMap<(AccountId, String), Vec<&Mail>> = BTreeMap::new();
        for mail in &self.night.mails {
            match (self.account_of(mail), mail.to.as_slice()) {
                (Some(account), [recipient]) => found.entry((account, recipient.clone())).or_default().push(mail),
                other => wrong.push(format!("{:?} is for {other:?}", mail.subject())),
            }
        }
        for (place, contents) in &expected {
            match found.remove(place).unwrap_or_default().as_slice() {
                [mail] => self.mail(&mut wrong, place, contents, mail),
                mails => wrong.push(format!("{place:?} gets {} mails", mails.len())),
            }
        }
        wrong.extend(found.into_keys().map(|place| format!("{place:?} gets a mail that nobody expected")));
        wrong
    }

    fn mails_expected(&self) -> BTreeMap<(AccountId, String), Contents> {
        let mut expected: BTreeMap<_, Contents> = BTreeMap::new();
        for user in self.users() {
            for (key, ids) in self.notices(user) {
                for recipient in ids.into_keys() {
                    let contents = expected.entry((user.account.clone(), recipient)).or_default();
                    contents.insert((user.name.to_string(), key.clone()));
                }
            }
        }
        expected
    }

    fn account_of(&self, mail: &Mail) -> Option<AccountId> {
        let mut accounts = self.stage.organization.accounts.iter();
        accounts.find(|account| mail.subject().contains(account.id.as_str())).map(|account| account.id.clone())
    }

    fn mail(&self, wrong: &mut Vec<String>, place: &(AccountId, String), contents: &Contents, mail: &Mail) {
        let what = format!("the mail to {} about {}", place.1, place.0);
        differs(wrong, &format!("the sender of {what}"), &SENDER, &mail.source.as_str());
        for (user, key) in contents {
            let in_both = |text: &str| mail.text().contains(text) && mail.html().contains(text);
            if !in_both(user) || !in_both(key.as_str()) {
                wrong.push(format!("{what} says nothing of key {key} of {user} in one of its parts"));
            }
        }
        for key in self.keys_of_others(contents) {
            if mail.text().contains(key.as_str()) || mail.html().contains(key.as_str()) {
                wrong.push(format!("{what} speaks of key {key}, which is none of its reader's business"));
            }
        }
        wrong.extend(harmful(mail).into_iter().map(|harm| format!("{what}: {harm}")));
    }

    /// The keys of all users of whom the mail does not speak.
    fn keys_of_others<'a>(&'a self, contents: &'a Contents) -> impl Iterator<Item = &'a AccessKeyId> {
        let users = self.after.keys.iter().chain(&self.before.keys);
        let others = users.filter(|((_, user), _)| contents.iter().all(|(name, _)| name != user.as_str()));
        others.flat_map(|(_, keys)| keys.keys())
    }
}

/// What names and tags written to attack have made of a mail.
fn harmful(mail: &Mail) -> Vec<String> {
    let mut harm = Vec::new();
    if mail.subject().is_empty() || mail.subject().contains(['\r', '\n']) {
        harm.push(format!("the subject is {:?}", mail.subject()));
    }
    if mail.html().contains("<script") {
        harm.push("the HTML part has a script".to_owned());
    }
    if mail.text().lines().any(|line| line.starts_with("Bcc:")) {
        harm.push("the text part has a line that looks like a header".to_owned());
    }
    let parts = [mail.subject(), mail.text(), mail.html()];
    if parts.iter().any(|part| part.contains("49 ") || part.ends_with("49")) && parts[0].contains("alert") {
        harm.push("a template in a name was evaluated".to_owned());
    }
    if !mail.content["Raw"].is_null() {
        harm.push("it was sent raw, so its headers are Keywheel's to escape".to_owned());
    }
    harm
}
