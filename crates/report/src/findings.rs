//! Keys and accounts as findings, for the tools that collect those: what OCSF and ASFF have in common.

use jiff::Timestamp;
use keywheel_core::id::{AccountId, Partition};
use keywheel_core::reason::Reason;

use crate::Report;
use crate::model::{AccountReport, Compliance, Ended, KeyReport, Standing};
use crate::text::{day, shortened, tame};

/// Who collects the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    /// The partition of the organization.
    pub partition: Partition,
    /// The region in which the findings are collected.
    pub region: String,
    /// The account that imports all of them; none where each account imports its own.
    pub importer: Option<AccountId>,
}

/// How grave a finding is, in the words that OCSF and ASFF share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Informational,
    Low,
    Medium,
    High,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// Not enough is known, or the deviation is allowed for a while.
    Warning,
    Failed,
    /// The check does not apply.
    NotApplicable,
}

/// A key, or an account of which not all is known.
pub(crate) struct Finding<'a> {
    pub(crate) account: &'a AccountReport,
    pub(crate) key: Option<&'a KeyReport>,
    /// The same in every report.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) remediation: String,
    pub(crate) severity: Severity,
    pub(crate) outcome: Outcome,
    pub(crate) created: Timestamp,
    /// There is no such key any more.
    pub(crate) is_over: bool,
}

/// The longest title (AWS Security Finding Format, `Title`), and the longest description.
const LONGEST_TITLE: usize = 256;
const LONGEST_DESCRIPTION: usize = 1024;
const LONGEST_NAME: usize = 64;

/// A key overdue for longer than so many days is a grave finding.
const GRAVE_AFTER: u32 = 30;

/// Every finding of a report: one per key, and one per account of which not all is known.
pub(crate) fn findings(report: &Report) -> impl Iterator<Item = Finding<'_>> {
    report.accounts.iter().flat_map(move |account| {
        let is_known = matches!(account.ended, Ended::Answered | Ended::Skipped) && account.keys_without_details == 0;
        let own = (!is_known).then(|| of_account(report, account));
        own.into_iter().chain(account.keys.iter().map(move |key| of_key(report, account, key)))
    })
}

fn of_account<'a>(report: &Report, account: &'a AccountReport) -> Finding<'a> {
    let why = match (&account.error, account.keys_without_details) {
        (Some(error), _) => tame(error),
        (None, 0) => "no reason is known".to_owned(),
        (None, keys) => format!("of {keys} of its keys only the number is known"),
    };
    Finding {
        account,
        key: None,
        id: format!("keywheel/{}", account.account),
        title: title(account, &format!("not all of its access keys are known ({})", account.ended.words())),
        description: shortened(&format!("The account ended as {}: {why}.", account.ended.words()), LONGEST_DESCRIPTION),
        remediation: "See to it that Keywheel's role is there, trusts the hub, and may list users and keys.".to_owned(),
        severity: Severity::Medium,
        outcome: Outcome::Warning,
        created: account.looked_at.unwrap_or(report.generated),
        is_over: false,
    }
}

fn of_key<'a>(report: &Report, account: &'a AccountReport, key: &'a KeyReport) -> Finding<'a> {
    let now = account.looked_at.unwrap_or(report.generated);
    let of = format!("access key {} of {}", key.access_key_id.shortened(), key.user);
    let (severity, outcome) = weighed(key, now);
    Finding {
        account,
        key: Some(key),
        id: format!("keywheel/{}/{}", account.account, key.access_key_id),
        title: title(account, &format!("{of} is {}", key.compliance.as_str())),
        description: shortened(&description(key, now), LONGEST_DESCRIPTION),
        remediation: remediation(key).to_owned(),
        severity,
        outcome,
        created: key.created.unwrap_or(report.generated),
        is_over: key.standing == Standing::Deleted,
    }
}

fn title(account: &AccountReport, what: &str) -> String {
    let name = shortened(&tame(account.title()), LONGEST_NAME);
    shortened(&format!("{name}: {what}"), LONGEST_TITLE)
}

fn weighed(key: &KeyReport, now: Timestamp) -> (Severity, Outcome) {
    let late = key.due.map_or(0, |due| keywheel_core::time::days_since(due, now));
    match key.compliance {
        Compliance::Compliant | Compliance::Due => (Severity::Informational, Outcome::Passed),
        Compliance::Exempt => (Severity::Informational, Outcome::NotApplicable),
        Compliance::Held | Compliance::Unknown => (Severity::Low, Outcome::Warning),
        Compliance::Overdue if late > GRAVE_AFTER => (Severity::High, Outcome::Failed),
        Compliance::Overdue => (Severity::Medium, Outcome::Failed),
    }
}

fn description(key: &KeyReport, now: Timestamp) -> String {
    let mut sentences = Vec::new();
    if let Some(age) = key.age(now) {
        sentences.push(format!("The key is {age} days old."));
    }
    if let Some(used) = key.last_use() {
        sentences.push(format!("It was last used on {} for {}.", day(used.at), tame(&used.service)));
    }
    if let Some(reason) = key.reason {
        sentences.push(format!("{} ({reason})", reason.meaning()));
    }
    if let Some(due) = key.due {
        sentences.push(format!("Date: {}.", day(due)));
    }
    if sentences.is_empty() { "Nothing more is known of the key.".to_owned() } else { sentences.join(" ") }
}

fn remediation(key: &KeyReport) -> &'static str {
    match (key.compliance, key.reason) {
        (_, Some(Reason::ConflictTwoActive)) => {
            "Find out which of the two keys is in use, and make the other inactive."
        }
        (_, Some(Reason::SlotBlocked)) => "Delete the inactive key, so that there is room for a replacement.",
        (Compliance::Overdue, _) => {
            "Let Keywheel enforce the policy in this account, or look why its step was not taken."
        }
        (Compliance::Held, _) => "Move what uses the old key to its replacement.",
        (Compliance::Unknown, _) => "See to it that Keywheel may look at the user's keys and secret.",
        (Compliance::Exempt | Compliance::Due | Compliance::Compliant, _) => "Nothing is to be done.",
    }
}
