//! What earlier nights left: secrets, ledgers and records of notices, with the dates that they would have.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_secretsmanager::Client as SecretsClient;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::AccountId;
use keywheel_core::ledger::{AccountLedger, CreateIntent, KeyRecord, MadeInactive, NoticeRecord};
use keywheel_core::notice::{NoticeKind, NoticeSubject};
use keywheel_core::observed::{AWSCURRENT, AWSPENDING};
use keywheel_core::secret::{KeyPair, PreviousKey, SecretRecord, secret_name};

use crate::admin::Admin;
use crate::case::{Earlier, Remembered, days_before};
use crate::clients::Clients;
use crate::organization::Organization;
use crate::policies::Policies;
use crate::seed::{Seeded, SeededUser};
use crate::state::StateBucket;

/// The run that is said to have left it.
const EARLIER_RUN: &str = "earlier-night";

/// For how many users at a time it is left.
const AT_A_TIME: usize = 24;

/// Leaves what the cases say that earlier nights left.
///
/// # Errors
/// When the emulator refuses a call.
pub async fn leave(
    organization: &Organization,
    seeded: &Seeded,
    clients: &Clients,
    admin: &Admin,
    bucket: &StateBucket,
) -> anyhow::Result<()> {
    let mut ledgers: BTreeMap<AccountId, AccountLedger> = BTreeMap::new();
    let mut pasts = Vec::new();
    for user in &seeded.users {
        let case = &organization.cases[&user.case];
        let Some(earlier) = &case.earlier else { continue };
        let past = Past { organization, user, earlier, at: seeded.at };
        past.remember(ledgers.entry(user.account.clone()).or_insert_with(|| empty_ledger(&user.account)))?;
        pasts.push(past);
    }
    let left = stream::iter(&pasts).map(|past| async move {
        past.leave_secret(clients, admin).await.with_context(|| format!("the secret of {}", past.user.name))?;
        past.leave_notices(bucket).await
    });
    left.buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
    let left = stream::iter(ledgers.values())
        .map(|ledger| async move { bucket.put(&format!("ledger/{}.json", ledger.account), ledger).await });
    left.buffer_unordered(AT_A_TIME).try_collect().await
}

fn empty_ledger(account: &AccountId) -> AccountLedger {
    let mut ledger = AccountLedger::new(account.clone());
    ledger.sequence = 7;
    EARLIER_RUN.clone_into(&mut ledger.writer);
    ledger
}

/// The past of one user.
struct Past<'a> {
    organization: &'a Organization,
    user: &'a SeededUser,
    earlier: &'a Earlier,
    at: Timestamp,
}

impl Past<'_> {
    fn remember(&self, ledger: &mut AccountLedger) -> anyhow::Result<()> {
        let user = self.user;
        for (label, remembered) in &self.earlier.ledger {
            let pair = self.pair(label)?;
            *ledger.key_mut(&user.name, &user.user_id, &pair.id) = self.record(pair, remembered)?;
        }
        if let Some((days, label)) = &self.earlier.intent {
            let at = days_before(self.at, *days);
            let until = at + SignedDuration::from_mins(1);
            let supersedes = self.pair(label)?.id.clone();
            ledger.user_mut(&user.name, &user.user_id).intent = Some(CreateIntent { at, until, supersedes });
        }
        Ok(())
    }

    fn record(&self, pair: &KeyPair, remembered: &Remembered) -> anyhow::Result<KeyRecord> {
        let moment = |days: &Option<f64>| days.map(|days| days_before(self.at, days));
        let id_of = |label: &Option<String>| label.as_ref().map(|label| Ok(self.pair(label)?.id.clone())).transpose();
        let id_of: &dyn Fn(&Option<String>) -> anyhow::Result<_> = &id_of;
        let made_inactive = remembered.made_inactive.as_ref();
        let told = remembered.told.iter().map(|(kind, days)| (kind, *days, true));
        let asked = remembered.asked.iter().map(|(kind, days)| (kind, *days, false));
        Ok(KeyRecord {
            created: moment(&remembered.created),
            supersedes: id_of(&remembered.supersedes)?,
            proven: moment(&remembered.published),
            published: moment(&remembered.published),
            superseded_by: id_of(&remembered.superseded_by)?,
            held_since: moment(&remembered.held_since),
            made_inactive: made_inactive.map(|(days, by, why)| MadeInactive {
                at: days_before(self.at, *days),
                by: *by,
                why: *why,
            }),
            notices: told
                .chain(asked)
                .map(|(kind, days, sent)| (kind.clone(), self.notice(pair, kind, days, sent)))
                .collect(),
            ..KeyRecord::default()
        })
    }

    fn notice(&self, pair: &KeyPair, kind: &NoticeKind, days: f64, sent: bool) -> NoticeRecord {
        let asked = days_before(self.at, days);
        let ids = self.subjects(pair, kind).into_iter().collect();
        NoticeRecord { ids, sent: sent.then_some(asked), ..NoticeRecord::new(asked) }
    }

    fn subjects(&self, pair: &KeyPair, kind: &NoticeKind) -> Vec<keywheel_core::id::NoticeId> {
        let user = self.user;
        let subject = NoticeSubject { account: &user.account, user_id: &user.user_id, key: &pair.id, episode: 0, kind };
        user.recipients(self.organization).iter().map(|recipient| subject.notice_id(recipient)).collect()
    }

    async fn leave_notices(&self, bucket: &StateBucket) -> anyhow::Result<()> {
        for (label, remembered) in &self.earlier.ledger {
            for (kind, days) in &remembered.told {
                for notice_id in self.subjects(self.pair(label)?, kind) {
                    let record = SentNotice {
                        schema_version: SCHEMA,
                        notice_id: notice_id.clone(),
                        account: self.user.account.clone(),
                        run_id: EARLIER_RUN.parse()?,
                        state: NoticeState::Sent,
                        at: days_before(self.at, *days),
                        message_id: None,
                        detail: None,
                    };
                    bucket.put(&format!("notices/{}/{notice_id}.json", self.user.account), &record).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes the secret as Keywheel makes it: first the old key's record, then the new pair.
    async fn leave_secret(&self, clients: &Clients, admin: &Admin) -> anyhow::Result<()> {
        let labels = &self.earlier.secret;
        if labels.is_empty() {
            return Ok(());
        }
        let client = SecretsClient::new(&clients.root_of(&self.user.account));
        let name = secret_name(&self.user.account, &self.user.name);
        let (old, new) = (self.pair("old")?, self.pair("new")?);
        let previous = PreviousKey { access_key_id: old.id.clone(), create_date: old.created };
        let first = SecretRecord::of_old_key(&self.user.account, &self.user.name, previous.clone()).without_secret()?;
        let second = SecretRecord::of_new_pair(&self.user.account, &self.user.name, new, Some(previous));
        let second = second.with_secret(new)?;
        let (first_id, second_id) = (self.user.version("old", &old.id), self.user.version("new", &new.id));
        let create = client.create_secret().name(&name).client_request_token(first_id.as_str());
        create.secret_string(first.expose()).send().await?;
        let policy = Policies::of(self.organization).secret_policy(&self.user.account, &self.user.arn)?;
        client.put_resource_policy().secret_id(&name).resource_policy(policy).block_public_policy(true).send().await?;
        let put = client.put_secret_value().secret_id(&name).client_request_token(second_id.as_str());
        put.secret_string(second.expose()).version_stages(AWSPENDING).send().await?;
        if labels["new"].contains(AWSCURRENT) {
            let stage = || client.update_secret_version_stage().secret_id(&name);
            let to_new = stage().version_stage(AWSCURRENT).move_to_version_id(second_id.as_str());
            to_new.remove_from_version_id(first_id.as_str()).send().await?;
            stage().version_stage(AWSPENDING).remove_from_version_id(second_id.as_str()).send().await?;
        }
        for version in [&first_id, &second_id] {
            admin.set_version_created(&self.user.account, &name, version.as_str(), new.created).await?;
        }
        Ok(())
    }

    fn pair(&self, label: &str) -> anyhow::Result<&KeyPair> {
        self.user.keys.get(label).with_context(|| format!("{} has no key {label:?}", self.user.name))
    }
}
