//! Before its time is up a run stops between two steps and hands what is left to a further invocation of itself, with its claim.

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::hand_on::MAX_HOPS;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::UserName;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::minus;

use super::audit::Sight;
use super::limits::REPLACEMENT_TIME;
use super::outcome::Outcome;
use super::{Inheritance, Run};

/// So long a look at one user may take while IAM throttles.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_secs(180);

/// What becomes of what an invocation had no time for.
pub(super) enum Rest {
    /// There is none.
    None,
    /// A further invocation takes it up.
    HandedOn(Inheritance),
    /// It waits for the next night.
    Waits(String),
}

impl Rest {
    /// What becomes of the rest. What somebody asked for has none: it is asked for again.
    pub(super) fn of(run: &Run, sight: &Sight, outcomes: &[Outcome]) -> Self {
        if run.is_asked_for() {
            let left = sight.next.as_ref().map(|next| format!("there was no time to look at the users from {next} on"));
            return left.map_or(Rest::None, Rest::Waits);
        }
        let Some(from) = first_left(sight, outcomes) else { return Rest::None };
        let hop = run.hop() + 1;
        if !has_progress(sight, outcomes, &from) {
            let why = "this invocation had no time for any step";
            return Rest::Waits(format!("the users from {from} on wait for the next night: {why}"));
        }
        if hop > MAX_HOPS {
            let why = format!("the run has handed itself on {MAX_HOPS} times, which is as often as it may");
            return Rest::Waits(format!("the users from {from} on wait for the next night: {why}"));
        }
        let claim = if run.mode == Mode::Enforce { format!("{}-heir", run.writer) } else { String::new() };
        Rest::HandedOn(Inheritance { hop, claim, from: Some(from), sweep: sight.is_sweep })
    }

    /// The first user that is left to a further invocation.
    pub(super) fn handed_from(&self) -> Option<&UserName> {
        match self {
            Rest::HandedOn(left) => left.from.as_ref(),
            Rest::None | Rest::Waits(_) => None,
        }
    }

    /// Whether this invocation answers for the user.
    pub(super) fn is_ours(&self, user: &UserName) -> bool {
        self.handed_from().is_none_or(|from| user < from)
    }

    /// What the result says of a rest that waits.
    pub(super) fn error(&self) -> Option<String> {
        match self {
            Rest::Waits(why) => Some(why.clone()),
            Rest::None | Rest::HandedOn(_) => None,
        }
    }

    /// The outcomes that this invocation answers for. What it did stands; all else about the users that it leaves to the next
    /// invocation is decided there anew.
    pub(super) fn without_left(&self, mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
        if let Some(from) = self.handed_from() {
            outcomes.retain(|outcome| outcome.step.user < *from || is_deed(outcome));
        }
        if let Rest::Waits(_) = self {
            let late = outcomes.iter_mut().filter(|outcome| outcome.because == Some(Reason::OutOfTime));
            late.for_each(|outcome| outcome.retry_helps = false);
        }
        outcomes
    }
}

impl Run {
    /// How often the run had handed itself on before this invocation.
    pub(super) fn hop(&self) -> u32 {
        self.inherited.as_ref().map_or(0, |left| left.hop)
    }

    /// Until when users are looked at: what is seen must be carried out, which takes half the time, and a
    /// replacement's at least; an audit has only to end.
    pub(super) fn looks_until(&self, now: Timestamp) -> Timestamp {
        let half = self.deadline.duration_since(now) / 2;
        let reserve = match self.mode {
            Mode::Audit => half.min(LONGEST_LOOK),
            Mode::Enforce => half.max(REPLACEMENT_TIME.saturating_add(SignedDuration::from_secs(30))),
        };
        minus(self.deadline, reserve)
    }
}

fn first_left(sight: &Sight, outcomes: &[Outcome]) -> Option<UserName> {
    let late = outcomes.iter().filter(|outcome| outcome.because == Some(Reason::OutOfTime));
    late.map(|outcome| &outcome.step.user).chain(sight.next.as_ref()).min().cloned()
}

/// Whether the next invocation has less to do than this one had.
fn has_progress(sight: &Sight, outcomes: &[Outcome], from: &UserName) -> bool {
    let mut looked_at = sight.users.iter().map(|user| &user.name).chain(sight.unseen.iter().map(|user| &user.name));
    looked_at.any(|name| name < from) || outcomes.iter().any(is_deed)
}

fn is_deed(outcome: &Outcome) -> bool {
    outcome.made.is_some() || (outcome.step.action.is_change() && outcome.status == StepStatus::Done)
}
