//! Secrets: which there are, their versions, labels and policies, and what their readers get.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::id::AccountId;
use keywheel_core::observed::AWSCURRENT;
use keywheel_core::secret::secret_name;
use serde_json::Value;

use super::{Held, differs};
use crate::case::OLD;
use crate::policies::Policies;
use crate::readers::ExpectedPair;
use crate::seed::SeededUser;

impl Held<'_> {
    /// Where the versions of secrets, or the list of secrets, differ.
    #[must_use]
    pub fn versions(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut known: BTreeSet<(AccountId, String)> = BTreeSet::new();
        for user in self.users() {
            self.user_versions(&mut wrong, user);
            if !self.versions_expected(user).is_empty() {
                known.insert((user.account.clone(), secret_name(&user.account, &user.name)));
            }
        }
        differs(&mut wrong, "the secrets", &known, &self.after.secrets.keys().cloned().collect());
        let deleted = self.after.secrets.iter().filter(|(_, secret)| secret.deleted);
        wrong.extend(deleted.map(|((_, name), _)| format!("{name} is scheduled for deletion")));
        wrong
    }

    pub(super) fn user_versions(&self, wrong: &mut Vec<String>, user: &SeededUser) {
        let place = (user.account.clone(), secret_name(&user.account, &user.name));
        let found = self.after.secrets.get(&place).map(|secret| secret.versions.clone()).unwrap_or_default();
        let what = format!("the versions of the secret of {}", self.name(user));
        differs(wrong, &what, &self.versions_expected(user), &found);
    }

    /// Where the resource policies differ from the one that is written by hand in `policies/secret.json`.
    #[must_use]
    pub fn policies(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let policies = Policies::of(&self.stage.organization);
        for user in self.users() {
            let place = (user.account.clone(), secret_name(&user.account, &user.name));
            let Some(secret) = self.after.secrets.get(&place) else { continue };
            let expected = policies.secret_policy(&user.account, &user.arn).unwrap_or_default();
            let expected: Option<Value> = serde_json::from_str(&expected).ok();
            differs(&mut wrong, &format!("the policy of the secret of {}", self.name(user)), &expected, &secret.policy);
        }
        wrong
    }

    /// The pair that the user's secret must hand out; none where it must hold none yet, or there must be no secret.
    #[must_use]
    pub fn current_pair(&self, user: &SeededUser) -> Option<ExpectedPair> {
        let case = self.case(user);
        let labels = if self.is_served(user) { case.secret_after() } else { case.secret_before() };
        let (current, _) = labels.iter().find(|(label, labels)| *label != OLD && labels.contains(AWSCURRENT))?;
        let (current, previous) = (self.key(user, current)?, self.key(user, OLD)?);
        Some(ExpectedPair { access_key_id: current.to_string(), previous: previous.to_string() })
    }

    fn versions_expected(&self, user: &SeededUser) -> BTreeMap<String, BTreeSet<String>> {
        let case = self.case(user);
        let labels = if self.is_served(user) { case.secret_after() } else { case.secret_before() };
        let versions = labels.into_iter().filter_map(|(label, labels)| {
            let key = self.key(user, &label)?;
            Some((user.version(&label, &key).0, labels))
        });
        versions.collect()
    }
}
