//! The credential report, as IAM makes it of the account.

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::observed::LastUsed;
use keywheel_core::time::{minus, plus};
use keywheel_engine::ports::ReportFile;

use crate::account::Account;
use crate::user::{Key, User};

/// IAM hands out a report for so long before it makes another.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(4);

const HEADER: &str = "user,arn,user_creation_time,password_enabled,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
                      access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date";
const ROOT: &str =
    "<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,false,N/A,N/A,false,N/A,N/A";
const NO_KEY: &str = "false,N/A,N/A";

/// A report that was made, or is being made.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    generated: Timestamp,
    ready: Timestamp,
    text: String,
}

impl Account {
    /// Makes a report unless there is one; says whether it is ready.
    pub(crate) fn generate_report(&mut self) -> bool {
        let is_kept = self.behaviour.report.is_kept;
        let is_there = self
            .report
            .as_ref()
            .is_some_and(|report| report.ready > self.now || is_kept && self.now < plus(report.generated, KEPT_FOR));
        if !is_there {
            let ready = plus(self.now, self.behaviour.report.takes);
            let generated = minus(ready, self.behaviour.report.late_by);
            self.report = Some(Report { generated, ready, text: self.report_text() });
        }
        self.report.as_ref().is_some_and(|report| report.ready <= self.now)
    }

    pub(crate) fn report_file(&self) -> ReportFile {
        match &self.report {
            None => ReportFile::Missing,
            Some(report) if report.ready > self.now => ReportFile::InProgress,
            Some(report) => ReportFile::Ready { generated: report.generated, text: report.text.clone().into_bytes() },
        }
    }

    fn report_text(&self) -> String {
        let row = |user: &User| {
            let keys = user.keys.iter().map(|key| self.shown(key));
            let mut slots = keys.chain([NO_KEY.to_owned(), NO_KEY.to_owned()]);
            let (one, two) = (slots.next().unwrap_or_default(), slots.next().unwrap_or_default());
            format!("{},{},2025-01-01T00:00:00+00:00,false,{one},{two}", user.name, user.arn)
        };
        let rows: Vec<String> = self.users.values().map(row).collect();
        format!("{HEADER}\n{ROOT}\n{}", rows.join("\n"))
    }

    fn shown(&self, key: &Key) -> String {
        if !key.is_active() && self.behaviour.report.hides_inactive {
            return NO_KEY.to_owned();
        }
        let last_used = match key.last_used(self.now, self.behaviour.use_shows_after) {
            LastUsed::At(key_use) => date(key_use.at),
            LastUsed::Never | LastUsed::Unknown { .. } => "N/A".to_owned(),
        };
        format!("{},{},{last_used}", key.is_active(), date(key.changed))
    }
}

/// A date as the report has it: whole seconds, with its offset.
fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
