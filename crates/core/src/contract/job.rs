//! What key-rotation is handed: one account to look after.

mod spelling;

use serde::Serialize;

use crate::clean::quoted;
use crate::id::{AccountId, InvalidId, RunId, UserName};
use crate::policy::Mode;

use super::LONGEST_REASON;
use super::reviewed::{APPLY_RUN, ReviewedPlan};
use spelling::RawJob;

pub use super::hand_on::{HandOn, MAX_HOPS};

/// An account job, in Keywheel's own spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountJob {
    /// The account.
    pub account: AccountId,
    /// Its name in the organization; may be empty.
    pub name: String,
    /// Its e-mail address in the organization; may be empty.
    pub email: String,
    /// The run; none when somebody invoked the function by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// A mode to lower the run to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Users whose key is replaced whatever its age.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub force_rotate: Vec<UserName>,
    /// Every user is looked at, whatever the credential report shows.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sweep: bool,
    /// The steps that somebody has reviewed: only these are carried out; none for a night.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<ReviewedPlan>,
    /// What an earlier invocation of the run left; none for the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_on: Option<HandOn>,
}

/// An event that is no account job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is not an account job: {why}. Send {{\"account\":\"111122223333\",\"name\":\"payments\",\"email\":\"owner@example.com\"}}; \
     run_id, mode (\"audit\"), force_rotate ([\"alice\"]), sweep (true) and plan (steps that were reviewed, with their sha256) may be added"
)]
pub struct InvalidJob {
    /// What is wrong with it.
    pub why: String,
}

impl AccountJob {
    /// Reads an event in Keywheel's spelling or in the AFT sample's (`ForceRotate`, `dryrun`).
    ///
    /// # Errors
    /// Names what is wrong: an unknown field, a bad account id, an unknown mode, both spellings mixed.
    pub fn parse(event: serde_json::Value) -> Result<Self, InvalidJob> {
        Self::read(event).map_err(|error| InvalidJob { why: quoted(&error.why, LONGEST_REASON) })
    }

    fn read(event: serde_json::Value) -> Result<Self, InvalidJob> {
        let raw = RawJob::read(event)?;
        let (mode, force_rotate) = (raw.mode()?, raw.forced()?);
        let id = |error: InvalidId| InvalidJob { why: error.to_string() };
        if let Some(hand_on) = &raw.hand_on {
            hand_on.refuse_impossible(raw.run_id.as_deref()).map_err(|why| InvalidJob { why })?;
        }
        let job = Self {
            account: raw.account.parse().map_err(id)?,
            name: raw.name,
            email: raw.email,
            run_id: raw.run_id.filter(|id| !id.is_empty()).map(|text| text.parse()).transpose().map_err(id)?,
            mode,
            force_rotate,
            sweep: raw.sweep,
            plan: raw.plan,
            hand_on: raw.hand_on,
        };
        job.refuse_other_plan().map_err(|why| InvalidJob { why })?;
        Ok(job)
    }

    /// Refuses a plan that is not the reviewed one, and what does not go with a plan.
    fn refuse_other_plan(&self) -> Result<(), String> {
        let Some(plan) = &self.plan else { return Ok(()) };
        if !self.force_rotate.is_empty() || self.sweep || self.hand_on.is_some() {
            return Err("a plan goes with neither force_rotate nor sweep nor hand_on".to_owned());
        }
        let is_foreign = |id: &&RunId| !id.as_str().starts_with(APPLY_RUN);
        if let Some(run_id) = self.run_id.as_ref().filter(is_foreign) {
            return Err(format!("run_id {run_id} does not begin with {APPLY_RUN}: a plan has a run of its own"));
        }
        plan.refuse_other(&self.account)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(mut event: Value) -> Result<AccountJob, String> {
        event.as_object_mut().unwrap().entry("account").or_insert("111122223333".into());
        AccountJob::parse(event).map_err(|error| error.why)
    }

    fn names(job: &AccountJob) -> Vec<&str> {
        job.force_rotate.iter().map(UserName::as_str).collect()
    }

    #[test]
    fn keywheels_own_spelling_is_read_and_comes_back_the_same() {
        let event = json!({"account": "111122223333", "name": "payments", "email": "owner@example.com",
            "run_id": "2026-11-20", "mode": "audit", "force_rotate": ["alice", "bob"], "sweep": true});
        let job = AccountJob::parse(event.clone()).unwrap();
        assert_eq!((job.mode, names(&job)), (Some(Mode::Audit), vec!["alice", "bob"]));
        assert_eq!(serde_json::to_value(&job).unwrap(), event);
    }

    #[test]
    fn the_samples_spelling_is_read() {
        for (dryrun, mode) in [
            (json!(true), Some(Mode::Audit)),
            (json!("True"), Some(Mode::Audit)),
            (json!(false), None),
            (json!("false"), None),
        ] {
            let job = parse(json!({"ForceRotate": "alice", "dryrun": dryrun})).unwrap();
            assert_eq!((job.mode, names(&job)), (mode, vec!["alice"]));
        }
        assert_eq!(names(&parse(json!({"ForceRotate": ""})).unwrap()), Vec::<&str>::new());
    }

    #[test]
    fn a_plan_is_read_and_comes_back_the_same_and_goes_with_nothing_else() {
        let step = json!({"user": "alice", "user_id": "AIDAEXAMPLE000000001", "step": "delete", "reason": "recovery-grace-over",
            "change": "delete", "access_key_ids": ["AKIAEXAMPLEOLD000001"]});
        let steps = serde_json::from_value(json!([step])).unwrap();
        let plan = serde_json::to_value(ReviewedPlan::new(&"111122223333".parse().unwrap(), steps)).unwrap();
        let event = json!({"account": "111122223333", "name": "", "email": "", "run_id": "apply-1", "plan": plan});
        assert_eq!(serde_json::to_value(AccountJob::parse(event.clone()).unwrap()).unwrap(), event);
        for (field, value, named) in [
            ("force_rotate", json!(["alice"]), "neither force_rotate"),
            ("sweep", json!(true), "neither force_rotate"),
            ("run_id", json!("20261120T020007Z-1a2b3c4d"), "does not begin with apply-"),
            ("account", json!("444455556666"), "is not that of these steps of account 444455556666"),
        ] {
            let mut event = event.clone();
            event[field] = value;
            let why = parse(event).unwrap_err();
            assert!(why.contains(named), "{field}: {why}");
        }
        let mut more = event;
        more["plan"]["mode"] = json!("enforce");
        assert!(parse(more).unwrap_err().contains("unknown field `mode`"));
    }

    #[test]
    fn an_account_alone_is_enough() {
        let job = parse(json!({"run_id": ""})).unwrap();
        assert_eq!((job.name.as_str(), job.email.as_str(), &job.run_id, job.mode), ("", "", &None, None));
    }

    #[test]
    fn mixed_spellings_are_refused() {
        for event in [
            json!({"mode": "audit", "dryrun": true}),
            json!({"mode": "enforce", "ForceRotate": "alice"}),
            json!({"force_rotate": ["alice"], "ForceRotate": "alice"}),
            json!({"force_rotate": [], "dryrun": "false"}),
        ] {
            let why = parse(event.clone()).unwrap_err();
            assert!(why.starts_with("it mixes two spellings"), "{event}: {why}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        for (event, named) in [
            (json!({"force_rotat": ["alice"]}), "force_rotat"),
            (json!({"action": "delete"}), "action"),
            (json!({"mode": "force"}), "\"force\""),
            (json!({"mode": ""}), "mode is \"\""),
            (json!({"dryrun": "maybe"}), "\"maybe\""),
            (json!({"account": "1234"}), "\"1234\" is not an AWS account id"),
            (json!({"account": 111_122_223_333_u64}), "111122223333"),
            (json!({"force_rotate": ["al ice"]}), "\"al ice\" is not an IAM user name"),
            (json!({"ForceRotate": "../x"}), "\"../x\" is not an IAM user name"),
            (json!({"force_rotate": "alice"}), "expected a sequence"),
            (json!({"sweep": "true"}), "expected a boolean"),
            (json!({"run_id": "a/b"}), "\"a/b\" is not a run id"),
        ] {
            let why = parse(event.clone()).unwrap_err();
            assert!(why.contains(named), "{event}: {why}");
        }
        assert!(AccountJob::parse(json!([])).is_err() && AccountJob::parse(json!(null)).is_err());
        assert!(AccountJob::parse(json!({})).unwrap_err().to_string().contains("missing field `account`"));
    }
}
