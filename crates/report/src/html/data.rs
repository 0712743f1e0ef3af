//! The rows of the table of keys, in columns; texts that repeat are numbers into a list. The script knows this shape.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use serde::Serialize;

use crate::Report;
use crate::model::{AccountReport, KeyReport, LastUse};
use crate::text::tame;

/// Stands in a column of days for "not known", and for "never" where a key was never used.
const NOT_KNOWN: i32 = -1;
const NEVER: i32 = -2;

#[derive(Debug, Default, Serialize)]
pub(super) struct Data {
    /// Id and name.
    accounts: Vec<(String, String)>,
    texts: Vec<String>,
    account: Vec<usize>,
    user: Vec<String>,
    key: Vec<String>,
    other: Vec<String>,
    /// Numbers into `texts`, as all columns below but for the days.
    compliance: Vec<usize>,
    status: Vec<usize>,
    standing: Vec<usize>,
    step: Vec<usize>,
    reason: Vec<usize>,
    service: Vec<usize>,
    region: Vec<usize>,
    age: Vec<i32>,
    /// Days since 1970.
    used: Vec<i32>,
    due: Vec<i32>,
}

/// Texts by their numbers.
#[derive(Default)]
struct Texts(HashMap<String, usize>);

impl Texts {
    fn number(&mut self, text: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(text.to_owned()).or_insert(next)
    }

    fn in_order(self) -> Vec<String> {
        let mut texts: Vec<_> = self.0.into_iter().collect();
        texts.sort_by_key(|(_, number)| *number);
        texts.into_iter().map(|(text, _)| text).collect()
    }
}

impl Data {
    pub(super) fn of(report: &Report) -> Self {
        let mut data = Self::default();
        let mut texts = Texts::default();
        for account in report.accounts.iter().filter(|account| !account.keys.is_empty()) {
            for key in &account.keys {
                data.push(report, account, key, &mut texts);
            }
            data.accounts.push((account.account.to_string(), tame(account.name.as_deref().unwrap_or_default())));
        }
        data.texts = texts.in_order();
        data
    }

    fn push(&mut self, report: &Report, account: &AccountReport, key: &KeyReport, texts: &mut Texts) {
        let other = key.superseded_by.as_ref().or(key.replaces.as_ref());
        let age = key.age(account.looked_at.unwrap_or(report.generated));
        let (used, service, region) = match &key.last_used {
            LastUse::Never => (NEVER, "", ""),
            LastUse::Used(key_use) => (day(Some(key_use.at)), key_use.service.as_str(), key_use.region.as_str()),
            LastUse::Unknown { .. } => (NOT_KNOWN, "", ""),
        };
        self.account.push(self.accounts.len());
        self.user.push(key.user.to_string());
        self.key.push(key.access_key_id.to_string());
        self.other.push(other.map(AccessKeyId::shortened).unwrap_or_default());
        self.compliance.push(texts.number(key.compliance.as_str()));
        self.status.push(texts.number(status(key.status)));
        self.standing.push(texts.number(key.standing.as_str()));
        self.step.push(texts.number(key.next_step.map_or("", StepKind::as_str)));
        self.reason.push(texts.number(key.reason.map_or("", Reason::code)));
        self.service.push(texts.number(&tame(service)));
        self.region.push(texts.number(&tame(region).replace("N/A", "")));
        self.age.push(age.and_then(|age| i32::try_from(age).ok()).unwrap_or(NOT_KNOWN));
        self.used.push(used);
        self.due.push(day(key.due));
    }
}

fn status(status: Option<KeyStatus>) -> &'static str {
    match status {
        Some(KeyStatus::Active) => "active",
        Some(KeyStatus::Inactive) => "inactive",
        None => "not known",
    }
}

/// Days since 1970.
fn day(at: Option<Timestamp>) -> i32 {
    let Some(at) = at else { return NOT_KNOWN };
    let since = TimeZone::UTC.to_datetime(at).date().since(jiff::civil::date(1970, 1, 1));
    since.map_or(NOT_KNOWN, |span| span.get_days())
}
