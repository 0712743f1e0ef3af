//! The report of a look at the accounts right now.
//!
//! What comes next is asked of the planner itself, with a warning far enough ahead that every step shows: so a report and a run never
//! disagree on a date.

mod key;
mod outlook;

use keywheel_core::contract::manifest::{ManifestAccount, SkipReason};
use keywheel_core::id::UserName;
use keywheel_core::plan::{Step, StepKind};
use keywheel_core::planner::{AccountView, plan_account, remember};
use keywheel_core::policy::{ExemptionGroup, Mode, Policy};
use keywheel_core::reason::Reason;
use keywheel_core::time::Days;

use crate::model::{About, AccountReport, Ended, Report, Source, UserNote};
use key::UserLook;
pub(crate) use key::is_not_known;
use outlook::Outlook;
pub(crate) use outlook::announced;

/// An account and what became of the look at it.
#[derive(Clone, Debug)]
pub struct LiveAccount<'a> {
    /// The account as it was listed.
    pub account: ManifestAccount,
    /// The look at it.
    pub look: Look<'a>,
}

/// How the look at an account ended.
#[derive(Clone, Debug)]
pub enum Look<'a> {
    /// Its users were listed.
    Seen(Box<Seen<'a>>),
    /// Its role could not be assumed.
    Unreachable {
        /// Why.
        error: String,
    },
    /// It could not be looked at for another cause.
    Failed {
        /// Why.
        error: String,
    },
    /// It was left out on purpose.
    Skipped(SkipReason),
}

/// What was seen of an account.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// Users, memory and policy; the ledger as it was read.
    pub view: AccountView<'a>,
    /// Users whose keys could not be listed.
    pub unseen: &'a [UnseenUser],
    /// What went wrong with the account as a whole.
    pub error: Option<String>,
}

/// A user whose keys could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnseenUser {
    /// The user.
    pub user: UserName,
    /// Why.
    pub error: String,
}

/// The report of a look at these accounts.
#[must_use]
pub fn report(about: &About<'_>, accounts: Vec<LiveAccount<'_>>) -> Report {
    let accounts = accounts.into_iter().map(account_report).collect();
    Report::new(about, Source::LiveAudit, Mode::Audit, accounts)
}

fn account_report(live: LiveAccount<'_>) -> AccountReport {
    let ManifestAccount { account, name, email } = live.account;
    let unseen = |ended, error| AccountReport { error, ..AccountReport::unseen(account.clone(), &name, &email, ended) };
    match live.look {
        Look::Seen(seen) => seen_account(unseen(Ended::Answered, None), &seen),
        Look::Unreachable { error } => unseen(Ended::Unreachable, Some(error)),
        Look::Failed { error } => unseen(Ended::Failed, Some(error)),
        Look::Skipped(reason) => AccountReport { skip_reason: Some(reason), ..unseen(Ended::Skipped, None) },
    }
}

fn seen_account(account: AccountReport, seen: &Seen<'_>) -> AccountReport {
    let view = &seen.view;
    let ledger = remember(view);
    let policy = Policy { warn_days: vec![Days(u32::MAX)], ..view.policy.clone() };
    let plan = plan_account(&AccountView { ledger: &ledger, policy: &policy, ..*view });
    let outlook = Outlook::of(&plan);
    let looks = view.users.iter().map(|user| UserLook::new(view, &ledger, user, outlook.of_user(&user.name)));
    let keys = looks.flat_map(|look| look.keys()).collect();
    let group_error = match view.exemptions {
        ExemptionGroup::Unknown { error } => Some(error.clone()),
        ExemptionGroup::Members(_) | ExemptionGroup::NotConfigured => None,
    };
    let error = joined(seen.error.clone(), group_error);
    let is_whole = error.is_none() && seen.unseen.is_empty();
    AccountReport {
        ended: if is_whole { Ended::Answered } else { Ended::Incomplete },
        error,
        looked_at: Some(view.now),
        users: view.users.len() + view.quiet.len() + seen.unseen.len(),
        keys_without_details: view.quiet.iter().map(|user| user.keys).sum(),
        notes: notes(seen, &outlook),
        keys,
        ..account
    }
    .summed()
}

/// What the plan says of users as a whole, and who could not be seen.
fn notes(seen: &Seen<'_>, outlook: &Outlook<'_>) -> Vec<UserNote> {
    let is_about_user = |step: &&Step| step.key.is_none() || step.reason == Reason::Quarantined;
    let planned = outlook.steps().filter(is_about_user).filter(|step| step.kind == StepKind::Skip);
    let planned = planned.map(|step| UserNote { user: step.user.clone(), reason: step.reason, error: None });
    let unseen = seen.unseen.iter().map(|unseen| UserNote {
        user: unseen.user.clone(),
        reason: Reason::KeysUnknown,
        error: Some(unseen.error.clone()),
    });
    planned.chain(unseen).collect()
}

fn joined(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}; {second}")),
        (first, second) => first.or(second),
    }
}
