//! What became of a move: what a result says of each user, which keys users have, and what holds at the end of every move.

use std::collections::BTreeSet;

use anyhow::Context;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::observed::{AWSCURRENT, KeyStatus};
use keywheel_core::secret::{VersionId, secret_name};

use super::ground::Ground;
use crate::leaks::{Searched, everything_written};
use crate::policies::STATE_BUCKET;
use crate::test_night::checks::Checks;
use crate::world;

impl Ground<'_> {
    /// Passes when nothing is wrong.
    pub(super) fn none(&mut self, says: &str, wrong: Vec<String>) {
        self.checks.none(&format!("{}: {says}", self.rotator), wrong);
    }

    /// Passes when it could be found out, and nothing is wrong.
    pub(super) fn tried(&mut self, says: &str, wrong: anyhow::Result<Vec<String>>) {
        self.checks.tried(&format!("{}: {says}", self.rotator), wrong);
    }

    /// Passes when it holds; else what was found instead is told.
    pub(super) fn holds(&mut self, says: &str, holds: bool, else_say: impl FnOnce() -> String) {
        self.checks.holds(&format!("{}: {says}", self.rotator), holds, else_say);
    }

    /// Passes when a result says this of its users, as in `create old rotation-due done`; who is not named must have no steps.
    pub(super) fn says(&mut self, says: &str, result: &AccountResult, expected: &[(&str, &[&str])]) {
        let wrong = self.differences(result, expected);
        self.none(says, wrong);
    }

    /// The same of one user.
    pub(super) fn says_of(&mut self, says: &str, result: &AccountResult, user: &str, expected: &[&str]) {
        let found = self.steps(result, user);
        self.holds(says, found == expected, || format!("{found:?}, not {expected:?}"));
    }

    /// Passes when users have these keys, as in `old Active`.
    pub(super) async fn has(&mut self, says: &str, expected: &[(&str, &[&str])]) {
        let wrong = self.standing(expected).await;
        self.tried(says, wrong);
    }

    /// What a key is called: by its label of the beginning, or `made`.
    fn label(&self, user: &str, id: &str) -> String {
        let seeded =
            self.stage.user(user).ok().and_then(|user| user.keys.iter().find(|(_, key)| key.id.as_str() == id));
        seeded.map_or_else(|| "made".to_owned(), |(label, _)| label.clone())
    }

    /// What a result says of a user, as in `create old rotation-due done`.
    pub(super) fn steps(&self, result: &AccountResult, user: &str) -> Vec<String> {
        let rows = result.steps.iter().filter(|row| row.user.as_str() == user);
        let told = rows.map(|row| {
            let key = row.access_key_id.as_ref().map_or_else(|| "-".to_owned(), |id| self.label(user, id.as_str()));
            format!("{} {key} {} {}", row.step.as_str(), row.reason, row.status.as_str())
        });
        told.collect()
    }

    /// Where a result says something else of its users; who is not named must have no steps.
    fn differences(&self, result: &AccountResult, expected: &[(&str, &[&str])]) -> Vec<String> {
        let users: BTreeSet<_> = result.steps.iter().map(|row| row.user.as_str()).collect();
        let users: BTreeSet<_> = users.into_iter().chain(expected.iter().map(|(user, _)| *user)).collect();
        let differing = users.into_iter().filter_map(|user| {
            let (found, named) = (self.steps(result, user), expected.iter().find(|(name, _)| *name == user));
            let expected = named.map(|(_, steps)| *steps).unwrap_or_default();
            (found != expected).then(|| format!("{user}: {found:?}, not {expected:?}"))
        });
        differing.collect()
    }

    /// Where users have other keys than these, as in `old Active`.
    async fn standing(&self, expected: &[(&str, &[&str])]) -> anyhow::Result<Vec<String>> {
        let keys = world::keys(&self.stage.clients, &self.account).await?;
        let differing = expected.iter().map(|(user, expected)| {
            let found = keys.get(&user.parse()?).into_iter().flatten();
            let mut found: Vec<_> =
                found.map(|(id, status)| format!("{} {status:?}", self.label(user, id.as_str()))).collect();
            found.sort();
            Ok((found != *expected).then(|| format!("{user}: {found:?}, not {expected:?}")))
        });
        Ok(differing.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// What is wrong with users whose keys Keywheel should look after: their hosts have the key that the secret hands out, and the ledger knows it and
    /// what it took over from.
    async fn unmanaged(&self, users: &[&str]) -> anyhow::Result<Vec<String>> {
        let (world, mut wrong) = (self.stage.world().await?, Vec::new());
        let text = world.ledgers.get(&format!("ledger/{}.json", self.account)).context("there is no ledger")?;
        let ledger = AccountLedger::parse(&self.account, text.to_string().as_bytes())?;
        for user in users {
            let seeded = self.stage.user(user)?;
            let keys = world.keys.get(&(self.account.clone(), seeded.name.clone())).context("the user is gone")?;
            let secret = world.secrets.get(&(self.account.clone(), secret_name(&self.account, &seeded.name)));
            let is_handed_out = |key: &AccessKeyId| {
                let version = VersionId::of(&self.account, &seeded.user_id, key);
                secret
                    .and_then(|secret| secret.versions.get(version.as_str()))
                    .is_some_and(|on| on.contains(AWSCURRENT))
            };
            let mut active = keys.iter().filter(|(_, status)| **status == KeyStatus::Active).map(|(key, _)| key);
            let Some(current) = active.clone().find(|key| is_handed_out(key)) else {
                wrong.push(format!("{user}: the secret hands out none of {keys:?}"));
                continue;
            };
            let record =
                |key: &AccessKeyId| ledger.users.get(&seeded.name).map(|user| user.key(key)).unwrap_or_default();
            let is_published = record(current).published.is_some();
            let is_old = |key: &AccessKeyId| record(key).superseded_by.as_ref() == Some(current);
            let are_known = active.all(|key| key == current || is_old(key));
            let hosts = self.hosts.iter().filter(|host| host.user == *user && host.key() != current.as_str());
            let behind: Vec<_> = hosts.map(|host| host.name).collect();
            if !is_published || !are_known || !behind.is_empty() {
                wrong.push(format!(
                    "{user}: published {is_published}, others superseded {are_known}, behind {behind:?}"
                ));
            }
        }
        Ok(wrong)
    }

    /// What holds of every move: no host was ever without a working key, no secret is gone, these users are looked after, and nothing leaked.
    ///
    /// # Errors
    /// When the stage itself fails.
    pub(super) async fn conclude(mut self, managed: &[&str]) -> anyhow::Result<Checks> {
        let wrong = std::mem::take(&mut self.wrong);
        self.none("on every night every host had a working key, and no rule was broken", wrong);
        let after = self.world().await?;
        let is_lost = |name: &_| after.secrets.get(name).is_none_or(|secret| secret.deleted);
        let lost = self.before.secrets.keys().filter(|name| is_lost(name)).map(|name| format!("{name:?} is gone"));
        let lost = lost.collect();
        self.none("every secret that was there is there", lost);
        let unmanaged = self.unmanaged(managed).await;
        self.tried("the keys are looked after: ledger, secret and hosts agree", unmanaged);
        let status = self.of_page(&["status"], &["--state-bucket", STATE_BUCKET])?;
        let is_quiet = status.code == Some(0)
            && ["0 steps failed", "0 held, 0 accounts failing, 0 users"].iter().all(|sum| status.out.contains(sum));
        self.holds("status is quiet", is_quiet, || format!("{:?} {}{}", status.code, status.out, status.err));
        let searched = Searched::new(&self.stage.admin.credentials().await?);
        let found = searched.find(&everything_written(&self.stage, &self.out).await?);
        self.none("no secret half is in any text", found);
        Ok(self.checks)
    }
}
