//! One user's keys, as the planner sees them.

use jiff::Timestamp;
use keywheel_core::ledger::{AccountLedger, KeyRecord, UserRecord};
use keywheel_core::observed::{ObservedKey, ObservedUser};
use keywheel_core::plan::{Step, StepKind};
use keywheel_core::planner::AccountView;
use keywheel_core::policy::tags::EXEMPT_UNTIL;
use keywheel_core::policy::{ExemptionGroup, Policy, UserPeriods, UserTags};
use keywheel_core::reason::Reason;
use keywheel_core::time::{after, days_until};

use super::outlook::{comes_next, foremost};
use crate::model::{Compliance, Exemption, ExemptionBy, KeyReport, LastUse, Standing};

/// One user with everything that the report of its keys needs.
pub(super) struct UserLook<'a> {
    user: &'a ObservedUser,
    record: Option<&'a UserRecord>,
    steps: Vec<&'a Step>,
    policy: &'a Policy,
    periods: UserPeriods,
    exemption: Option<Exemption>,
    exemptions_are_known: bool,
    now: Timestamp,
}

impl<'a> UserLook<'a> {
    pub(super) fn new(
        view: &AccountView<'a>,
        ledger: &'a AccountLedger,
        user: &'a ObservedUser,
        steps: &[&'a Step],
    ) -> Self {
        let tags = UserTags::read(&user.tags, &view.policy.tag_prefix);
        Self {
            user,
            record: ledger.users.get(&user.name).filter(|record| record.user_id == user.user_id),
            steps: steps.to_vec(),
            policy: view.policy,
            periods: view.policy.periods.for_user(&tags),
            exemption: exemption(view, user, &tags),
            exemptions_are_known: !matches!(view.exemptions, ExemptionGroup::Unknown { .. }),
            now: view.now,
        }
    }

    pub(super) fn keys(&self) -> Vec<KeyReport> {
        self.user.keys.iter().map(|key| self.key(key)).collect()
    }

    fn key(&self, key: &ObservedKey) -> KeyReport {
        let record = self.record_of(key);
        let step = foremost(&self.steps, &key.id);
        let due = self.due(key, step);
        let is_held = step.is_some_and(|step| step.kind == StepKind::Hold);
        KeyReport {
            user_arn: Some(self.user.arn.clone()),
            status: Some(key.status),
            created: Some(key.created),
            last_used: LastUse::from(&key.last_used),
            standing: self.standing(key, step),
            replaces: record.supersedes.clone(),
            superseded_by: record.superseded_by.clone(),
            made_inactive: record.made_inactive.clone().filter(|_| !key.is_active()),
            held_since: record.held_since.filter(|_| is_held),
            hold_ends: step.filter(|_| is_held).and_then(|step| self.hold_ends(&record, step)),
            exemption: self.exemption.clone(),
            next_step: step.and_then(comes_next),
            reason: step.map(|step| step.reason),
            hosts: step.map(|step| step.hosts.clone()).unwrap_or_default(),
            due,
            compliance: self.compliance(step, due),
            ..KeyReport::unknown(self.user.name.clone(), key.id.clone())
        }
    }

    fn record_of(&self, key: &ObservedKey) -> KeyRecord {
        self.record.map(|record| record.key(&key.id)).unwrap_or_default()
    }

    fn standing(&self, key: &ObservedKey, step: Option<&Step>) -> Standing {
        if !key.is_active() {
            return Standing::Inactive;
        }
        match step.map(|step| step.kind) {
            Some(StepKind::Publish) => return Standing::Pending,
            Some(StepKind::Reconcile) => return Standing::Orphaned,
            _ => {}
        }
        let is_superseded = |key: &ObservedKey| self.record_of(key).superseded_by.is_some();
        let in_charge = self.user.keys.iter().filter(|key| key.is_active() && !is_superseded(key)).count();
        match (is_superseded(key), in_charge) {
            (true, _) => Standing::Superseded,
            (false, 0 | 1) => Standing::Current,
            (false, _) => Standing::Conflict,
        }
    }

    /// Where nothing is planned, an active key is due for nothing but its age.
    fn due(&self, key: &ObservedKey, step: Option<&Step>) -> Option<Timestamp> {
        if self.exemption.is_some() {
            return None;
        }
        let of_age = key.is_active().then(|| after(key.created, self.periods.rotation));
        step.and_then(|step| step.due).or(of_age)
    }

    /// As the planner counts it: from the key's day at the earliest, and never where a hold rests on not knowing.
    fn hold_ends(&self, record: &KeyRecord, step: &Step) -> Option<Timestamp> {
        let since = record.held_since.unwrap_or(self.now).max(step.due?);
        let is_known = matches!(
            step.reason,
            Reason::StillInUse | Reason::NotTakenUp | Reason::NotAcknowledged | Reason::AcknowledgementsUnknown
        );
        self.policy.max_hold.filter(|_| is_known).map(|max_hold| after(since, max_hold))
    }

    fn compliance(&self, step: Option<&Step>, due: Option<Timestamp>) -> Compliance {
        let reason = step.map(|step| step.reason);
        if self.exemption.is_some() {
            return Compliance::Exempt;
        }
        if step.is_some_and(|step| step.kind == StepKind::Hold) {
            return Compliance::Held;
        }
        if !self.exemptions_are_known || reason.is_some_and(is_not_known) {
            return Compliance::Unknown;
        }
        let warned = self.policy.warn_days.iter().max().map_or(0, |days| days.0);
        match due {
            Some(due) if due <= self.now => Compliance::Overdue,
            Some(due) if days_until(due, self.now) <= warned => Compliance::Due,
            _ => Compliance::Compliant,
        }
    }
}

/// Reasons for which nothing is done because something could not be seen.
pub(crate) fn is_not_known(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::LastUsedUnknown
            | Reason::SecretUnknown
            | Reason::KeysUnknown
            | Reason::ExemptionsUnknown
            | Reason::ClockOff
    )
}

fn exemption(view: &AccountView<'_>, user: &ObservedUser, tags: &UserTags) -> Option<Exemption> {
    let is_member = matches!(view.exemptions, ExemptionGroup::Members(members) if members.contains(&user.name));
    if is_member {
        return Some(Exemption { by: ExemptionBy::Group, until: None, why: tags.exempt_reason.clone() });
    }
    let is_unreadable = tags.malformed.iter().any(|tag| tag.suffix == EXEMPT_UNTIL);
    let by = if is_unreadable { ExemptionBy::UnreadableTag } else { ExemptionBy::Tag };
    let exemption = Exemption { by, until: tags.exempt_until, why: tags.exempt_reason.clone() };
    tags.exempts(view.now).then_some(exemption)
}
