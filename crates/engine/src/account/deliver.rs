//! Keeps users' parameters in step with their secrets.

use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::ParameterStanding;
use keywheel_core::parameter::{ParameterPair, ParameterValue};
use keywheel_core::plan::Step;
use keywheel_core::policy::UserTags;
use keywheel_core::reason::Reason;
use keywheel_core::secret::{KeyPair, VersionId, secret_name};

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use crate::ports::{Clock, Iam, IamUser, Parameters, Ports, Secrets, StoredParameter, WantedParameter};

impl<P: Ports> Executor<'_, P> {
    /// The parameter that the hub's list gives the user, where it gives one.
    pub(super) async fn wanted_parameter(&self, user: &IamUser) -> Result<Option<WantedParameter>, Stopped> {
        if !self.policy.parameters {
            return Ok(None);
        }
        let opted_in = UserTags::read(&user.tags, &self.policy.tag_prefix).parameter;
        Ok(self.ports.parameters().wanted(&self.account.id, &user.name, opted_in).await?)
    }

    /// Sees to it, before there is a new key, that the parameter can be read and may be written.
    pub(super) async fn prepare_parameter(&self, step: &Step, user: &IamUser) -> Result<(), Stopped> {
        let Some(wanted) = self.wanted_parameter(user).await? else { return Ok(()) };
        match self.ports.parameters().find(&wanted.name).await? {
            Some(stored) => self.refuse_foreign(step, &wanted, &stored).await,
            None => Ok(()),
        }
    }

    /// A parameter is Keywheel's where it holds a pair of Keywheel's making for this user; another one is taken over only where the list says so,
    /// and only if it holds a pair.
    async fn refuse_foreign(
        &self,
        step: &Step,
        wanted: &WantedParameter,
        stored: &StoredParameter,
    ) -> Result<(), Stopped> {
        let name = &wanted.name;
        let Some(content) = &stored.content else {
            return Err(Stopped::failed(format!(
                "parameter {name} exists and holds no pair in a layout that Keywheel knows; it is left as it is. Move what it holds, delete \
                 it, and the next run makes it"
            )));
        };
        if !stored.is_secure {
            return Err(Stopped::failed(format!(
                "parameter {name} is not encrypted, and AWS changes no parameter's type: put its value into one of type SecureString of the \
                 same name (docs/parameters.md), then the next run goes on"
            )));
        }
        let keys = std::iter::once(&content.new).chain(&content.old).map(|pair| pair.id.clone()).collect::<Vec<_>>();
        if wanted.adopt || self.holds_ours(step, &keys).await? {
            return Ok(());
        }
        Err(Stopped::failed(format!(
            "parameter {name} exists, and Keywheel did not write it; it is left as it is. Say \"adopt\": true in parameters.json to have it \
             taken over, or move it away"
        )))
    }

    async fn holds_ours(&self, step: &Step, keys: &[AccessKeyId]) -> Result<bool, Stopped> {
        let known = self.session.read(|ledger| {
            let user = ledger.users.get(&step.user).filter(|user| user.user_id == step.user_id)?;
            let delivered = |key: &AccessKeyId| user.key(key).parameter.is_some_and(|it| it != ParameterStanding::None);
            Some(keys.iter().any(|key| user.key(key).created.is_some() || delivered(key)))
        });
        if known.await.unwrap_or(false) {
            return Ok(true);
        }
        let state = self.secret_state(step).await?.unwrap_or_default();
        Ok(keys.iter().any(|key| self.has_version(&state, step, key)))
    }

    /// Puts a published pair into the parameter, before the pair that was in it; where nothing was in it, before `superseded`.
    pub(super) async fn put_parameter(
        &self,
        step: &Step,
        wanted: &WantedParameter,
        new: &KeyPair,
        superseded: Option<&AccessKeyId>,
    ) -> Result<(), Stopped> {
        let parameters = self.ports.parameters();
        let stored = parameters.find(&wanted.name).await?;
        let old = match &stored {
            None => self.stored_pair(step, superseded).await?.as_ref().map(ParameterPair::of),
            Some(stored) => {
                self.refuse_foreign(step, wanted, stored).await?;
                let Some(content) = stored.content.as_ref().filter(|content| !content.new.is(new)) else {
                    return Ok(());
                };
                let before = Some(&content.new).filter(|before| before.id != new.id);
                before.or(content.old.as_ref()).filter(|old| old.id != new.id).cloned()
            }
        };
        let value = ParameterValue::of(wanted.layout, &self.account.id, &step.user, new, old.as_ref())?;
        self.note_parameter(step, &wanted.name).await?;
        self.session.hold_for(CALL_TIME).await?;
        let put = match stored {
            None => parameters.create(&wanted.name, &value).await,
            Some(_) => parameters.overwrite(&wanted.name, &value).await,
        };
        let Err(error) = put else { return Ok(()) };
        // An answer that was lost may belong to a call that took effect.
        let found = parameters.find(&wanted.name).await.ok().flatten().and_then(|stored| stored.content);
        if found.is_some_and(|content| content.new.is(new)) { Ok(()) } else { Err(error.into()) }
    }

    /// Writes down which parameter is the user's: once the user is gone, nobody else knows.
    async fn note_parameter(&self, step: &Step, name: &str) -> Result<(), Stopped> {
        let known = self.session.read(|ledger| ledger.users.get(&step.user)?.parameter.clone()).await;
        if known.as_deref() == Some(name) {
            return Ok(());
        }
        let noted = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).parameter = Some(name.to_owned());
        });
        Ok(noted.await?)
    }

    /// The pair of a key, where the secret holds it.
    pub(super) async fn stored_pair(&self, step: &Step, key: Option<&AccessKeyId>) -> Result<Option<KeyPair>, Stopped> {
        let Some(key) = key else { return Ok(None) };
        let Some(state) = self.secret_state(step).await?.filter(|state| self.has_version(state, step, key)) else {
            return Ok(None);
        };
        drop(state);
        let version = VersionId::of(&self.account.id, &step.user_id, key);
        let pair = self.ports.secrets().pair(&secret_name(&self.account.id, &step.user), &version).await?;
        Ok(pair.filter(|pair| pair.id == *key))
    }

    /// The pair for the parameter: from the secret, else from the parameter itself, which may be the only one to hold that of a key from before
    /// Keywheel.
    async fn pair_for_parameter(
        &self,
        step: &Step,
        wanted: &WantedParameter,
        key: &AccessKeyId,
    ) -> Result<Option<KeyPair>, Stopped> {
        if let Some(pair) = self.stored_pair(step, Some(key)).await? {
            return Ok(Some(pair));
        }
        let content = self.ports.parameters().find(&wanted.name).await?.and_then(|stored| stored.content);
        let held = content.into_iter().flat_map(|content| std::iter::once(content.new).chain(content.old));
        let Some(held) = held.into_iter().find(|pair| pair.id == *key) else { return Ok(None) };
        let keys = self.ports.iam().access_keys(&step.user).await?;
        Ok(keys.iter().find(|seen| seen.id == *key).map(|seen| held.made_at(seen.created)))
    }

    /// Brings the parameter into step with a key that an earlier run published or handed out again.
    pub(super) async fn deliver(&self, step: &Step, key: &AccessKeyId) -> Result<(), Stopped> {
        let user = self.check(step).await?;
        let standing = self.bring_into_step(step, &user, key).await?;
        let now = self.ports.clock().now();
        let recorded = self.session.write(|ledger| {
            let record = ledger.key_mut(&step.user, &step.user_id, key);
            if record.parameter.replace(standing) == Some(ParameterStanding::Behind) {
                record.retrievable_since = Some(now);
            }
        });
        Ok(recorded.await?)
    }

    /// Has the parameter hand out a key that the secret hands out.
    pub(super) async fn bring_into_step(
        &self,
        step: &Step,
        user: &IamUser,
        key: &AccessKeyId,
    ) -> Result<ParameterStanding, Stopped> {
        let Some(wanted) = self.wanted_parameter(user).await? else { return Ok(ParameterStanding::None) };
        let Some(pair) = self.pair_for_parameter(step, &wanted, key).await? else {
            let why = format!(
                "the pair of key {key} is neither in the secret nor in parameter {}, which goes on handing out what it holds",
                wanted.name
            );
            return Err(Stopped::Deferred { reason: Reason::ParameterBehind, why, retry_helps: false });
        };
        let superseded = self.session.read(|ledger| ledger.users.get(&step.user)?.key(key).supersedes).await;
        self.put_parameter(step, &wanted, &pair, superseded.as_ref()).await?;
        Ok(ParameterStanding::InStep)
    }
}
