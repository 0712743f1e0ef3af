//! Explicit actions, as a person or a schedule sends them: what each does, what refuses it, and what comes of the same one again.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use keywheel_core::contract::action::ACTION_RUN;
use keywheel_core::contract::result::{AccountResult, StepResult};
use keywheel_core::id::AccessKeyId;
use keywheel_core::secret::secret_name;

use super::checks::Checks;
use crate::case::{MADE, OLD};
use crate::functions::KEY_ROTATION;
use crate::night;
use crate::seed::{self, SeededUser};
use crate::stage::Stage;
use crate::world::World;

/// An explicit action, and what must come of it.
struct Errand {
    shows: &'static str,
    /// The event as it is sent; `{hub}` stands for the account, `{old}` for the key that the user has from the beginning.
    event: &'static str,
    /// Every step of the result, with the guards that were lifted for it.
    steps: &'static [&'static str],
    /// What the error must have; where this is empty, there must be no error.
    says: &'static str,
    /// The user's keys afterwards, with the labels of their versions in the secret.
    keys: [&'static str; 2],
}

const REPLACED: [&str; 2] = ["made Active AWSCURRENT", "old Active AWSPREVIOUS"];
const DEACTIVATED: [&str; 2] = ["made Active AWSCURRENT", "old Inactive AWSPREVIOUS"];
const ROLLED_BACK: [&str; 2] = ["made Inactive AWSPREVIOUS", "old Active AWSCURRENT"];
const LEAKED: [&str; 2] = ["made Inactive AWSPREVIOUS", "old Inactive AWSCURRENT"];

const ERRANDS: &[Errand] = &[
    Errand {
        shows: "create, by the constant event of a schedule, makes one key, and the secret hands it out",
        event: r#"{"action":"create","username":"site-deploy"}"#,
        steps: &["create old forced done", "publish made forced done"],
        says: "",
        keys: REPLACED,
    },
    Errand {
        shows: "create sent again is refused",
        event: r#"{"action":"create","username":"site-deploy"}"#,
        steps: &["create made slot-in-use deferred"],
        says: "No override lifts this",
        keys: REPLACED,
    },
    Errand {
        shows: "deactivate is refused, and the error says what lifts that",
        event: r#"{"action":"deactivate","username":"site-deploy"}"#,
        steps: &["deactivate old still-in-use deferred"],
        says: r#""override":["last-used","take-up","install-grace"]"#,
        keys: REPLACED,
    },
    Errand {
        shows: "deactivate with what the error named makes the old key inactive",
        event: r#"{"action":"deactivate","username":"site-deploy","override":["last-used","take-up","install-grace"]}"#,
        steps: &["deactivate old asked-for done last-used take-up install-grace"],
        says: "",
        keys: DEACTIVATED,
    },
    Errand {
        shows: "rollback makes the old key active and the new one inactive, which the secret no longer hands out",
        event: r#"{"action":"rollback","username":"site-deploy"}"#,
        steps: &["rollback old rolled-back done", "deactivate made rolled-back done"],
        says: "",
        keys: ROLLED_BACK,
    },
    Errand {
        shows: "rollback sent again finds nothing to do",
        event: r#"{"action":"rollback","username":"site-deploy"}"#,
        steps: &["skip - nothing-to-do done"],
        says: "",
        keys: ROLLED_BACK,
    },
    Errand {
        shows: "emergency makes the key that it names inactive",
        event: r#"{"action":"emergency","username":"site-deploy","account":"{hub}","access_key_id":"{old}"}"#,
        steps: &["deactivate old emergency done"],
        says: "",
        keys: LEAKED,
    },
    Errand {
        shows: "emergency sent again finds nothing to do",
        event: r#"{"action":"emergency","username":"site-deploy","account":"{hub}","access_key_id":"{old}"}"#,
        steps: &["skip old nothing-to-do done"],
        says: "",
        keys: LEAKED,
    },
    Errand {
        shows: "rollback does not make a leaked key active again",
        event: r#"{"action":"rollback","username":"site-deploy","override":["last-used"]}"#,
        steps: &["rollback old emergency deferred"],
        says: "No override lifts this",
        keys: LEAKED,
    },
    Errand {
        shows: "delete at once is refused until the grace is over",
        event: r#"{"action":"delete","username":"site-deploy","access_key_id":"{old}"}"#,
        steps: &["delete old not-yet-due deferred"],
        says: "It is due at",
        keys: LEAKED,
    },
];

/// Sends each, in this order. What is answered, logged and mailed is searched for secret halves with all the rest.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    // A user for this alone, so that no other check depends on these keys; the one that it has is 20 days old and in use.
    let user = seed::add_user(&stage.organization, &stage.clients, &stage.admin, "site-deploy", "young").await?;
    let old = user.keys.values().next().map(|key| key.id.clone()).context("the user has no key")?;
    let mut hub = stage.organization.clone();
    hub.accounts.retain(|account| account.id == user.account);
    let subject = Subject { stage, user, old };
    let mut before = World::observe(&hub, &stage.clients, &stage.state).await?;
    for errand in ERRANDS {
        let result = subject.send(errand).await;
        let after = World::observe(&hub, &stage.clients, &stage.state).await?;
        checks.tried(errand.shows, result.map(|result| subject.wrong(errand, &result, [&before, &after])));
        before = after;
    }
    Ok(())
}

/// The user whom every action names.
struct Subject<'a> {
    stage: &'a Stage,
    user: SeededUser,
    old: AccessKeyId,
}

impl Subject<'_> {
    /// Sends the event, and brings the result, which is that of a run of its own.
    async fn send(&self, errand: &Errand) -> anyhow::Result<AccountResult> {
        let event = errand.event.replace("{hub}", self.user.account.as_str()).replace("{old}", self.old.as_str());
        let answer = self.stage.functions.invoke(KEY_ROTATION, &serde_json::from_str(&event)?).await?;
        ensure!(!answer.failed, "{}", answer.payload);
        let result: AccountResult = serde_json::from_value(answer.payload)?;
        ensure!(result.run_id.as_str().starts_with(ACTION_RUN), "it is a run like a night's: {}", result.run_id);
        let stored = night::results(self.stage, &result.run_id).await?;
        ensure!(stored.values().eq([&result]), "another result is stored than was answered: {stored:?}");
        Ok(result)
    }

    /// Where something else came of it.
    fn wrong(&self, errand: &Errand, result: &AccountResult, [before, after]: [&World; 2]) -> Vec<String> {
        let mut wrong = self.left_alone(errand, after).differences(&self.left_alone(errand, before));
        let steps: Vec<_> = result.steps.iter().map(|step| self.step(step)).collect();
        let errors: Vec<_> = result.steps.iter().filter_map(|step| step.error.as_deref()).collect();
        let (errors, keys) = (errors.join(" "), self.keys(after));
        let is_said = errors.contains(errand.says) && errors.is_empty() == errand.says.is_empty();
        if steps != errand.steps || keys != errand.keys || !is_said || !result.complete || result.users != 1 {
            wrong.push(format!("steps {steps:?}, errors {errors:?}, keys {keys:?} in {result:?}"));
        }
        wrong
    }

    /// What an errand must leave alone. A ledger may note what was seen of the user, and notification records notices when it can.
    fn left_alone(&self, errand: &Errand, world: &World) -> World {
        let mut left = World { notices: BTreeMap::new(), ..world.clone() };
        let (account, name) = (self.user.account.clone(), self.user.name.clone());
        let users = left.ledgers.values_mut().filter_map(|ledger| ledger["users"].as_object_mut());
        users.for_each(|users| drop(users.remove(name.as_str())));
        if errand.steps.iter().any(|step| step.contains(" done") && !step.starts_with("skip")) {
            left.secrets.remove(&(account.clone(), secret_name(&account, &name)));
            left.keys.remove(&(account, name));
        }
        left
    }

    /// A step in the words of [`Errand::steps`].
    fn step(&self, step: &StepResult) -> String {
        let key = step.access_key_id.as_ref().map_or("-", |key| self.label(key));
        let text = format!("{} {key} {} {}", step.step.as_str(), step.reason, step.status.as_str());
        step.overridden.iter().fold(text, |text, guard| format!("{text} {guard}"))
    }

    /// The keys in the words of [`Errand::keys`].
    fn keys(&self, world: &World) -> Vec<String> {
        let (account, name) = (&self.user.account, &self.user.name);
        let secret = world.secrets.get(&(account.clone(), secret_name(account, name)));
        let keys = world.keys.get(&(account.clone(), name.clone())).into_iter().flatten();
        let keys = keys.map(|(key, status)| {
            let label = self.label(key);
            let labels = secret.and_then(|secret| secret.versions.get(self.user.version(label, key).as_str()));
            labels.into_iter().flatten().fold(format!("{label} {status:?}"), |text, label| format!("{text} {label}"))
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort();
        keys
    }

    fn label(&self, key: &AccessKeyId) -> &'static str {
        if *key == self.old { OLD } else { MADE }
    }
}
