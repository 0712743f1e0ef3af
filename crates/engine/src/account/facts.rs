//! What a run writes down at its end.

use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::plan::Action;
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::reason::Reason;

use super::audit::Sight;
use super::hand_on::Rest;
use super::outcome::Outcome;
use super::see_user::UnseenUser;
use super::telling::Telling;
use super::told::{note_asked, note_reported};

/// What there is to write down.
pub(super) struct Facts<'a> {
    pub(super) outcomes: &'a [Outcome],
    pub(super) tellings: &'a [Telling],
    pub(super) sight: &'a Sight,
    pub(super) rest: &'a Rest,
    pub(super) now: Timestamp,
}

impl Facts<'_> {
    /// Notes what is held, who is told what, and whom to look at again.
    pub(super) fn note(&self, ledger: &mut AccountLedger) {
        note_holds(ledger, self.outcomes, self.now);
        note_asked(ledger, self.tellings, self.now);
        let looked_at = self.sight.users.iter().map(|user| &user.name).filter(|user| self.rest.is_ours(user));
        note_reported(ledger, looked_at, self.tellings);
        note_undecided(ledger, self.outcomes, self.sight);
    }

    /// Notes since when the account is looked after, and that every user was looked at.
    pub(super) fn note_look(&self, ledger: &mut AccountLedger) {
        ledger.since.get_or_insert(self.now);
        let exemptions_are_known = !matches!(self.sight.exemptions, ExemptionGroup::Unknown { .. });
        if self.sight.is_whole_sweep() && matches!(self.rest, Rest::None) && exemptions_are_known {
            ledger.swept = Some(self.now);
        }
    }
}

fn is_hold(outcome: &Outcome) -> bool {
    outcome.step.action == Action::Hold
}

/// Marks keys as held since now, where they are not so marked yet.
fn note_holds(ledger: &mut AccountLedger, outcomes: &[Outcome], now: Timestamp) {
    for step in outcomes.iter().filter(|outcome| is_hold(outcome)).map(|outcome| &outcome.step) {
        if let Some(key) = &step.key {
            ledger.key_mut(&step.user, &step.user_id, key).held_since.get_or_insert(now);
        }
    }
}

/// Marks users about whom something was left undecided or undone: the credential report may not show it tomorrow.
fn note_undecided(ledger: &mut AccountLedger, outcomes: &[Outcome], sight: &Sight) {
    let is_open = |outcome: &&Outcome| {
        let reason = outcome.because.unwrap_or(outcome.step.reason);
        let is_unknown = matches!(
            reason,
            Reason::LastUsedUnknown | Reason::AcknowledgementsUnknown | Reason::SecretUnknown | Reason::Frozen
        );
        // A step that was reviewed may be of a user who is gone, or has another id by now.
        (outcome.status == StepStatus::Deferred || is_unknown) && reason != Reason::PlanChanged
    };
    let open = outcomes.iter().filter(is_open).map(|outcome| (&outcome.step.user, &outcome.step.user_id));
    for (user, user_id) in open.chain(sight.unseen.iter().filter_map(UnseenUser::known)) {
        ledger.user_mut(user, user_id).look_again = true;
    }
}
