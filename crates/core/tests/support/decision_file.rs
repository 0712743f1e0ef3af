//! Reads `decisions.json`: what it says in words becomes what an audit and a ledger would hold.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::acknowledgement::{Acknowledgements, Host, Installed};
use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::ledger::{CreateIntent, RollbackIntent, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, ObservedSecret, SecretState};
use keywheel_core::plan::Step;
use keywheel_core::policy::{ExemptionGroup, ForeignInactiveKeys, Policy, Selection, UnusedKeys};
use keywheel_core::time::Days;
use serde::Deserialize;
use serde_json::Value;

use super::asked::action_on_alice;
use super::decision_key::{Key, before, remembered};
use super::decision_step::Decided;
use super::{World, former_user_id, key_id, notice, secret, user, user_id, user_name, version};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionFile {
    pub(crate) about: Vec<String>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) name: String,
    #[serde(default)]
    policy: BTreeMap<String, Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    quarantine: Option<String>,
    exemptions: Option<String>,
    #[serde(default)]
    forced: bool,
    #[serde(default)]
    first_sight: bool,
    #[serde(default)]
    former_user: bool,
    #[serde(default)]
    replaced: Vec<(String, String, String)>,
    intent: Option<Intent>,
    rollback: Option<Rollback>,
    #[serde(default)]
    gone: BTreeMap<String, BTreeMap<String, Value>>,
    asked: Option<Asked>,
    secret: Option<Secret>,
    /// What each host has and since when it has said so, such as `K1 3d`; `?` where it is not believed.
    hosts: Option<Hosts>,
    pub(crate) keys: BTreeMap<String, Key>,
    pub(crate) steps: Vec<Decided>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    at: String,
    until: String,
    supersedes: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rollback {
    at: String,
    old: String,
    new: Option<String>,
}

/// An explicit action on the user.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    action: ActionKind,
    key: Option<String>,
    #[serde(default, rename = "override")]
    overrides: BTreeSet<Guard>,
    #[serde(default)]
    replace: bool,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Hosts {
    /// `unknown`.
    Word(String),
    Said(BTreeMap<String, String>),
}

impl Hosts {
    fn observed(&self) -> Acknowledgements {
        let Hosts::Said(hosts) = self else { return Acknowledgements::Unknown { error: "access denied".to_owned() } };
        let host = |(name, said): (&String, &String)| Host {
            name: name.parse().unwrap(),
            said: said.split_once(' ').map(|(key, ago)| Installed { key: key_id(key), at: before(ago) }),
        };
        Acknowledgements::Known(hosts.iter().map(host).collect())
    }
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Secret {
    Word(String),
    State(SecretWords),
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SecretWords {
    current: Option<String>,
    pending: Option<String>,
    previous: Option<String>,
    stored: BTreeMap<String, String>,
    witness: Option<String>,
    scheduled: bool,
    /// The Regions that have no replica.
    behind: Vec<String>,
}

impl Case {
    /// Whether a wrong view of the secret would change what is decided.
    pub(crate) fn rests_on_the_secret(&self) -> bool {
        self.secret.is_some() || self.keys.len() > 1
    }

    /// What is planned: for the action, where one is asked for.
    pub(crate) fn plan(&self) -> Vec<Step> {
        let world = self.world();
        let Some(asked) = &self.asked else { return world.plan().steps };
        world.asked(&ExplicitAction {
            access_key_id: asked.key.as_deref().map(key_id),
            overrides: asked.overrides.clone(),
            replace: asked.replace,
            ..action_on_alice(asked.action)
        })
    }

    pub(crate) fn world(&self) -> World {
        let keys = self.keys.iter().map(|(name, key)| key.observed(name)).collect();
        let mut user = user(keys, self.secret());
        user.tags.clone_from(&self.tags);
        user.quarantine.clone_from(&self.quarantine);
        user.acknowledgements = self.hosts.as_ref().map(Hosts::observed).unwrap_or_default();
        let mut world = World::new(user, self.record());
        world.policy = self.policy();
        world.exemptions = match self.exemptions.as_deref() {
            None => ExemptionGroup::NotConfigured,
            Some("member") => ExemptionGroup::Members([user_name("alice")].into()),
            Some("others") => ExemptionGroup::Members([user_name("bob")].into()),
            Some("unknown") => ExemptionGroup::Unknown { error: "access denied".to_owned() },
            Some(other) => panic!("{other:?} says nothing of a group"),
        };
        world.is_first_sight = self.first_sight;
        world.forced = if self.forced { [user_name("alice")].into() } else { BTreeSet::new() };
        world
    }

    fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        let days = |value: &Value| Days(u32::try_from(value.as_u64().unwrap()).unwrap());
        for (name, value) in &self.policy {
            match (name.as_str(), value.as_str()) {
                ("require_notice", None) => policy.require_notice = value.as_bool().unwrap(),
                ("parameters", None) => policy.parameters = value.as_bool().unwrap(),
                ("unused_keys", Some("rotate")) => policy.unused_keys = UnusedKeys::Rotate,
                ("foreign_inactive_keys", Some("delete")) => policy.foreign_inactive_keys = ForeignInactiveKeys::Delete,
                ("user_path", Some(path)) => path.clone_into(&mut policy.user_path),
                ("selection", Some("tagged")) => policy.selection = Selection::Tagged,
                ("freeze", Some(freeze)) => policy.freeze = freeze.parse().unwrap(),
                ("max_hold", None) => policy.max_hold = (!value.is_null()).then(|| days(value)),
                ("last_used_threshold", None) => policy.last_used_threshold = days(value),
                ("ack_forget_after", None) => policy.ack_forget_after = Some(days(value)),
                ("unused_after", None) => policy.unused_after = days(value),
                other => panic!("{other:?} is no policy"),
            }
        }
        policy
    }

    fn secret(&self) -> ObservedSecret {
        let words = match &self.secret {
            Some(Secret::Word(word)) if word == "absent" => return ObservedSecret::Absent,
            Some(Secret::Word(word)) if word == "unknown" => {
                return ObservedSecret::Unknown { error: "access denied".to_owned() };
            }
            Some(Secret::Word(word)) => panic!("{word:?} says nothing of a secret"),
            Some(Secret::State(words)) => words.clone(),
            None => match self.replaced.last() {
                Some((old, new, _)) => self.after_replacing(old, new),
                None if self.keys.len() > 1 => return ObservedSecret::Absent,
                None => return ObservedSecret::NotLookedAt,
            },
        };
        ObservedSecret::Present(words.state())
    }

    fn after_replacing(&self, old: &str, new: &str) -> SecretWords {
        let stored = self.replaced.iter().map(|(_, new, ago)| (new.clone(), ago.clone())).collect();
        SecretWords {
            current: Some(new.to_owned()),
            previous: Some(old.to_owned()),
            stored,
            witness: Some(old.to_owned()),
            ..SecretWords::default()
        }
    }

    fn record(&self) -> UserRecord {
        let mut record = UserRecord::new(if self.former_user { former_user_id() } else { user_id() });
        record.intent = self.intent.as_ref().map(|intent| CreateIntent {
            at: before(&intent.at),
            until: before(&intent.until),
            supersedes: key_id(&intent.supersedes),
        });
        record.rollback = self.rollback.as_ref().map(|rollback| RollbackIntent {
            at: before(&rollback.at),
            old: key_id(&rollback.old),
            new: rollback.new.as_deref().map(key_id),
        });
        for (old, new, ago) in &self.replaced {
            let at = before(ago);
            let replacement = record.keys.entry(key_id(new)).or_default();
            replacement.supersedes = Some(key_id(old));
            (replacement.created, replacement.proven, replacement.published) = (Some(at), Some(at), Some(at));
            let replaced = record.keys.entry(key_id(old)).or_default();
            replaced.superseded_by = Some(key_id(new));
            replaced.notices.insert(NoticeKind::Rotated, notice(at, Some(at)));
        }
        for (name, key) in self.keys.iter().filter(|(_, key)| !key.ledger.is_empty()) {
            remembered(&key.ledger, record.keys.entry(key_id(name)).or_default());
        }
        for (name, ledger) in &self.gone {
            remembered(ledger, record.keys.entry(key_id(name)).or_default());
        }
        record
    }
}

impl SecretWords {
    fn state(&self) -> SecretState {
        let labels = [(&self.current, AWSCURRENT), (&self.pending, AWSPENDING), (&self.previous, AWSPREVIOUS)];
        let versions = self.stored.iter().map(|(key, ago)| {
            let stages: Vec<_> =
                labels.iter().filter(|(of, _)| of.as_ref() == Some(key)).map(|(_, stage)| *stage).collect();
            version(&key_id(key), &stages, before(ago))
        });
        let state = secret(versions.collect());
        let regions_behind = self.behind.iter().map(|region| (region.clone(), "no replica".to_owned())).collect();
        let state = SecretState { regions_behind, ..state };
        SecretState { scheduled_for_deletion: self.scheduled, previous: self.witness.as_deref().map(key_id), ..state }
    }
}
