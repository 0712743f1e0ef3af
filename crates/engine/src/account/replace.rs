//! Makes a replacement: everything that can fail comes before the key, and nothing that breaks off loses one.

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::CreateIntent;
use keywheel_core::observed::AWSPENDING;
use keywheel_core::plan::Step;
use keywheel_core::policy::UserTags;
use keywheel_core::secret::{
    KeyPair, PolicyReaders, PreviousKey, SecretRecord, SecretValue, VersionId, resource_policy, secret_name,
};
use keywheel_core::time::{CLOCK_TOLERANCE, minus, plus};

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use super::publish::Publication;
use crate::ports::{Clock, CreateFailed, Iam, IamUser, NewSecret, Ports, Secrets};

/// How long a CreateAccessKey can be under way: its own time-out, which is never repeated.
const CREATE_TIME: SignedDuration = SignedDuration::from_secs(60);

const DESCRIPTION: &str = "Access key of an IAM user, rotated by Keywheel. Only that user may read it.";

impl<P: Ports> Executor<'_, P> {
    /// Makes, stores, proves and publishes a replacement for the key.
    pub(super) async fn replace(&self, step: &Step, old: PreviousKey) -> Result<Publication, Stopped> {
        self.refuse_second_key(step).await?;
        let user = self.check(step).await?;
        let until = self.write_intent(step, &old.access_key_id).await?;
        let user = match self.prepare(step, &user, &old, until).await {
            Ok(user) => user,
            Err(stopped) => return Err(self.without_key(step, stopped).await),
        };
        let pair = match self.ports.iam().create_access_key(&step.user).await {
            Ok(pair) => pair,
            Err(CreateFailed::Refused(error)) => return Err(self.without_key(step, error.into()).await),
            // The intent stays: it is how the next run knows the key for Keywheel's own.
            Err(unanswered @ CreateFailed::Unanswered(_)) => {
                return Err(Stopped::failed(unanswered.to_string()));
            }
        };
        self.store_pending(step, &user, &pair, &old).await?;
        self.prove_and_publish(step, &user, &pair, Some(&old.access_key_id)).await
    }

    /// A run makes one key per user, however often it is tried: also when that key was taken back, or its answer lost.
    async fn refuse_second_key(&self, step: &Step) -> Result<(), Stopped> {
        let made = self.session.read(|ledger| {
            let plan = self.run.journal(ledger)?;
            if plan.creations.contains(&step.user_id) {
                return Some(plan.planned);
            }
            let begun = minus(plan.planned, CLOCK_TOLERANCE);
            let user = ledger.users.get(&step.user).filter(|user| user.user_id == step.user_id)?;
            let known = user.keys.values().filter_map(|key| key.created);
            known.chain(user.intent.as_ref().map(|intent| intent.at)).find(|made| *made >= begun)
        });
        match made.await {
            None => Ok(()),
            Some(at) => {
                let why = format!(
                    "a key for the user was begun at {at}, in this run or minutes before it; a later run, or the action sent again later, makes another"
                );
                Err(Stopped::changed(why))
            }
        }
    }

    /// Everything that must be so before there is a key, looked at again at the end: all of it takes a while.
    async fn prepare(
        &self,
        step: &Step,
        user: &IamUser,
        old: &PreviousKey,
        intended_until: Timestamp,
    ) -> Result<IamUser, Stopped> {
        self.prepare_secret(step, user, old).await?;
        self.prepare_parameter(step, user).await?;
        let user = self.check(step).await?;
        let call_ends = plus(self.ports.clock().now(), SignedDuration::try_from(CALL_TIME).unwrap_or(CREATE_TIME));
        if call_ends > intended_until {
            // A key that is made after the intent's end would be taken for a person's.
            self.write_intent(step, &old.access_key_id).await?;
        }
        self.session.hold_for(CALL_TIME).await?;
        Ok(user)
    }

    /// No key was made. An intent that stays in the ledger all the same only delays the next one by minutes.
    async fn without_key(&self, step: &Step, stopped: Stopped) -> Stopped {
        if let Err(error) = self.withdraw_intent(step).await {
            tracing::warn!(user = step.user.as_str(), ?error, "the intent to make a key could not be withdrawn");
        }
        stopped
    }

    async fn write_intent(&self, step: &Step, supersedes: &AccessKeyId) -> Result<Timestamp, Stopped> {
        let at = self.ports.clock().now();
        let until = at.checked_add(CREATE_TIME).unwrap_or(Timestamp::MAX);
        let intent = CreateIntent { at, until, supersedes: supersedes.clone() };
        let written = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).intent = Some(intent);
            if let Some(plan) = self.run.journal_mut(ledger) {
                plan.creations.insert(step.user_id.clone());
            }
        });
        written.await?;
        Ok(until)
    }

    async fn withdraw_intent(&self, step: &Step) -> Result<(), Stopped> {
        let written = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).intent = None;
            if let Some(plan) = self.run.journal_mut(ledger) {
                plan.creations.remove(&step.user_id);
            }
        });
        Ok(written.await?)
    }

    /// Sees to it that the secret exists and that its policy is Keywheel's, before there is a pair to protect.
    pub(super) async fn prepare_secret(&self, step: &Step, user: &IamUser, old: &PreviousKey) -> Result<(), Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        match self.ports.secrets().describe(&name).await? {
            Some(state) if state.scheduled_for_deletion => {
                return Err(Stopped::failed(format!(
                    "secret {name} is scheduled for deletion; restore it (aws secretsmanager restore-secret) or let \
                     its deletion end, then the next run goes on"
                )));
            }
            Some(state) if state.left_behind => {
                self.note_left(step, &name).await?;
                self.create_secret(step, &name, old).await?;
            }
            Some(state) if state.versions.is_empty() => self.put_record_of(step, &name, old).await?,
            Some(_) => {
                self.ensure_policy(&name, user).await?;
                // Somebody may have given the secret a KMS key that is disabled or closed to Keywheel: then no value can be stored
                // either, and every night a key would be made only to be taken back.
                self.ports.secrets().previous_key(&name).await?;
                return Ok(());
            }
            None => self.create_secret(step, &name, old).await?,
        }
        self.ensure_policy(&name, user).await
    }

    async fn create_secret(&self, step: &Step, name: &str, old: &PreviousKey) -> Result<(), Stopped> {
        let (version, value) = self.record_of_old_key(step, old)?;
        let secret = NewSecret { name, description: DESCRIPTION, version: &version, value: &value };
        self.session.hold_for(CALL_TIME).await?;
        Ok(self.ports.secrets().create(secret).await?)
    }

    /// Puts a key's record, without a label of its own. AWS makes a secret's first version `AWSCURRENT` whatever is asked: in a
    /// secret that somebody made without a value, an unproven pair would be handed out.
    pub(super) async fn put_record_of(&self, step: &Step, name: &str, old: &PreviousKey) -> Result<(), Stopped> {
        let (version, value) = self.record_of_old_key(step, old)?;
        self.session.hold_for(CALL_TIME).await?;
        self.ports.secrets().put_pending(name, &version, &value).await?;
        self.remove_label(name, AWSPENDING, &version).await
    }

    fn record_of_old_key(&self, step: &Step, old: &PreviousKey) -> Result<(VersionId, SecretValue), Stopped> {
        let version = VersionId::of_record(&self.account.id, &step.user_id, &old.access_key_id);
        let value = SecretRecord::of_old_key(&self.account.id, &step.user, old.clone()).without_secret()?;
        Ok((version, value))
    }

    pub(super) async fn ensure_policy(&self, name: &str, user: &IamUser) -> Result<(), Stopped> {
        let readers = PolicyReaders { writers: &self.account.writers, others: self.secret_readers };
        let wanted = resource_policy(&user.arn, &readers);
        let found = self.ports.secrets().policy(name).await?;
        if found.as_deref().is_some_and(|found| is_same_json(found, &wanted)) {
            return Ok(());
        }
        if found.is_some() {
            tracing::warn!(secret = name, "the secret's resource policy was not Keywheel's and is put back");
        }
        self.session.hold_for(CALL_TIME).await?;
        Ok(self.ports.secrets().put_policy(name, &wanted).await?)
    }

    /// Stores the pair at once; where that is known to have failed, takes the key back, because nobody can ever have it.
    async fn store_pending(
        &self,
        step: &Step,
        user: &IamUser,
        pair: &KeyPair,
        old: &PreviousKey,
    ) -> Result<(), Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        let version = VersionId::of(&self.account.id, &step.user_id, &pair.id);
        let record = SecretRecord::of_new_pair(&self.account.id, &step.user, pair, Some(old.clone()));
        let tags = UserTags::read(&user.tags, &self.policy.tag_prefix);
        let value = record.with_smtp_passwords(pair, &tags.smtp_regions)?;
        let Err(error) = self.ports.secrets().put_pending(&name, &version, &value).await else { return Ok(()) };
        match self.is_stored(step, &pair.id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.take_back(step, pair, old, &error.to_string()).await),
            Err(_) => Err(self.leave_to_next_run(step, pair, old, &error.to_string()).await),
        }
    }

    async fn take_back(&self, step: &Step, pair: &KeyPair, old: &PreviousKey, why: &str) -> Stopped {
        if self.delete_key(step, &pair.id).await.is_err() {
            return self.leave_to_next_run(step, pair, old, why).await;
        }
        let error = format!("{why}; key {} could not be stored and was deleted at once", pair.id);
        // IAM may answer that it does not know so new a key, and show it later: the record tells the next run whose it is.
        let deleted = self.ports.clock().now();
        let written = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).intent = None;
            let record = ledger.key_mut(&step.user, &step.user_id, &pair.id);
            (record.created, record.deleted) = (Some(pair.created), Some(deleted));
        });
        match written.await {
            Ok(()) => Stopped::failed(error),
            Err(error) => error.into(),
        }
    }

    /// Remembers the key as made and not known to be stored: the next run publishes it or takes it back.
    async fn leave_to_next_run(&self, step: &Step, pair: &KeyPair, old: &PreviousKey, why: &str) -> Stopped {
        let written = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).intent = None;
            let record = ledger.key_mut(&step.user, &step.user_id, &pair.id);
            record.created = Some(pair.created);
            record.supersedes = Some(old.access_key_id.clone());
        });
        match written.await {
            Ok(()) => Stopped::Failed {
                error: format!("{why}; whether key {} is stored is not known, the next run finds out", pair.id),
                retry_helps: true,
                throttled: false,
            },
            Err(error) => error.into(),
        }
    }
}

/// Whether two policies say the same, however they are laid out.
fn is_same_json(a: &str, b: &str) -> bool {
    let parse = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(a).is_some_and(|a| parse(b) == Some(a))
}
