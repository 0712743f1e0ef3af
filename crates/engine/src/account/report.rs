//! What a run has to say of an account.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::Hosts;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::result::{AccountResult, HandedOn, StepResult, StepStatus};
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::reason::Reason;

use super::audit::Sight;
use super::hand_on::Rest;
use super::outcome::Outcome;
use super::see_user::UnseenUser;
use super::telling::Telling;
use super::{Inheritance, Run};
use crate::ports::ErrorKind;

/// What a run made of an account: the result to store, and the digests to hand to notification.
#[derive(Clone, Debug)]
pub struct AccountRun {
    /// The result.
    pub result: AccountResult,
    /// One per recipient, or several where there is much to tell.
    pub digests: Vec<Digest>,
    /// Something went wrong that a retry of this run can mend.
    pub retry_helps: bool,
    /// What this invocation left to a further one of the same run, which is to be invoked with it once the result is stored.
    pub hand_on: Option<Inheritance>,
    /// There was no time for everything, and the rest waits for the next night.
    pub rest_waits: bool,
    /// There was no credential report, so every user was looked at.
    pub lacks_report: bool,
}

impl AccountRun {
    /// A run that could not hand on what it has left: a retry takes it up, once the claim has lapsed.
    pub fn keep_the_rest(&mut self, why: &str) {
        let Some(left) = self.hand_on.take() else { return };
        let from = left.from.map(|from| format!(" from user {from} on")).unwrap_or_default();
        // An invocation of which nothing is known may come all the same, and adds to this result.
        self.note_error(&format!("what is left{from} could not be handed to a further invocation: {why}"));
        self.retry_helps = true;
    }

    /// Notes what went wrong with the account as a whole. A retry helps, but not where a further invocation goes on.
    pub fn note_error(&mut self, text: &str) {
        self.add_error(text);
        self.result.complete = false;
        self.retry_helps = self.hand_on.is_none();
        if let Some(next) = &mut self.result.handed_on {
            next.complete = false;
            next.error.clone_from(&self.result.error);
        }
    }

    /// Says something more of what went wrong.
    pub(super) fn add_error(&mut self, text: &str) {
        let error = &mut self.result.error;
        *error = Some(error.take().map_or_else(|| text.to_owned(), |first| format!("{first}; {text}")));
    }

    /// The invocation that goes on says what went wrong in this one, too.
    pub(super) fn hand_over_error(&mut self) {
        if let Some(next) = &mut self.result.handed_on {
            next.error.clone_from(&self.result.error);
        }
    }
}

/// The result of the users that this invocation answers for; the digests are still to come.
pub(super) fn account_run(
    run: &Run,
    account: &AccountId,
    now: Timestamp,
    sight: &Sight,
    outcomes: &[Outcome],
    rest: Rest,
) -> AccountRun {
    let from = rest.handed_from();
    let is_ours = |name: &UserName| rest.is_ours(name);
    let users = || sight.users.iter().filter(|user| is_ours(&user.name));
    let quiet = || sight.quiet.iter().filter(|user| is_ours(&user.name));
    let unseen = || sight.unseen.iter().filter(|user| is_ours(&user.name));
    let is_transient = unseen().any(|user| user.error.is_transient());
    let helps = sight.exemptions_retry_helps || is_transient || outcomes.iter().any(|outcome| outcome.retry_helps);
    let steps: Vec<StepResult> = outcomes.iter().flat_map(Outcome::rows).chain(unseen().map(unseen_row)).collect();
    let error = match &sight.exemptions {
        ExemptionGroup::Unknown { error } => Some(error.clone()),
        ExemptionGroup::NotConfigured | ExemptionGroup::Members(_) => None,
    };
    let complete = !helps && error.is_none() && unseen().next().is_none();
    let shown: usize = quiet().map(|user| user.keys).sum();
    let keys = shown + users().map(|user| user.keys.len()).sum::<usize>();
    let users = users().count() + unseen().count() + quiet().count();
    let handed_on =
        |from: &UserName| HandedOn { hop: run.hop() + 1, from: from.clone(), users, keys, complete, error: None };
    let result = AccountResult {
        schema_version: SCHEMA,
        run_id: run.id.clone(),
        account: account.clone(),
        mode: run.mode,
        at: now,
        complete: complete && matches!(rest, Rest::None),
        users,
        keys,
        swept: sight.is_sweep,
        counts: AccountResult::count(&steps),
        steps,
        error: [error, rest.error()].into_iter().flatten().reduce(|first, second| format!("{first}; {second}")),
        unreachable: false,
        hop: run.hop(),
        handed_on: from.map(handed_on),
        follows: None,
    };
    // What is left is taken up by the next invocation, and not by a retry of this one.
    let retry_helps = helps && from.is_none();
    let rest_waits = matches!(rest, Rest::Waits(_));
    let hand_on = if let Rest::HandedOn(left) = rest { Some(left) } else { None };
    AccountRun { result, digests: Vec::new(), retry_helps, hand_on, rest_waits, lacks_report: sight.lacks_report }
}

/// What is said of notices that have no recipient. Where a notice is required, their keys would else be held for ever in silence.
pub(super) fn unheard(tellings: &[Telling]) -> Option<String> {
    let users: BTreeSet<_> =
        tellings.iter().filter(|telling| telling.is_unheard()).map(|telling| &telling.user).collect();
    let first = users.first()?;
    Some(format!(
        "nobody can be told about the keys of {} users (user {first} is the first), so none of their keys is made inactive while \
         REQUIRE_NOTICE is true: the event names no plain e-mail address of the account, no tag names one in EMAIL_DOMAINS, and \
         SECURITY_EMAIL is not set; set one of them",
        users.len()
    ))
}

fn unseen_row(user: &UnseenUser) -> StepResult {
    let is_gone = user.error.kind == ErrorKind::NotFound;
    StepResult {
        user: user.name.clone(),
        access_key_id: None,
        step: StepKind::Skip,
        reason: if is_gone { Reason::UserNotFound } else { Reason::KeysUnknown },
        status: StepStatus::Failed,
        due: None,
        error: Some(user.error.to_string()),
        last_used: None,
        overridden: BTreeSet::new(),
        hosts: Hosts::default(),
    }
}
