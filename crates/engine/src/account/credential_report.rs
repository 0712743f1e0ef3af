//! The account's credential report, where it can be had in time.

use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::credential_report::CredentialReport;
use keywheel_core::time::{CLOCK_TOLERANCE, plus};

use crate::ports::{Clock, Ports, ReportFile, UserAudit};

/// IAM hands out a report for so long before it makes another (IAM user guide, "Getting credential reports").
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(4);

/// So long a report in the making is waited for: a sweep of a thousand users takes no longer.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The report; or why there is none that may be used.
pub(super) async fn credential_report<P: Ports>(ports: &P) -> Result<CredentialReport, String> {
    let (iam, clock) = (ports.iam(), ports.clock());
    let give_up = plus(clock.now(), PATIENCE);
    let mut is_ready = iam.generate_credential_report().await.map_err(|error| error.to_string())?;
    let mut pause = FIRST_PAUSE;
    loop {
        if is_ready {
            match iam.credential_report().await.map_err(|error| error.to_string())? {
                ReportFile::Ready { generated, text } => return usable(generated, &text, clock.now()),
                ReportFile::InProgress => {}
                ReportFile::Missing => {
                    iam.generate_credential_report().await.map_err(|error| error.to_string())?;
                }
            }
        }
        if clock.now() >= give_up {
            return Err(format!("IAM had not made it after {} s", PATIENCE.as_secs()));
        }
        clock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        is_ready = true;
    }
}

fn usable(generated: Timestamp, text: &[u8], now: Timestamp) -> Result<CredentialReport, String> {
    let age = now.duration_since(generated);
    if age > FRESH_FOR.saturating_add(CLOCK_TOLERANCE) || -age > CLOCK_TOLERANCE {
        return Err(format!("it is of {generated}, which is not of the last four hours"));
    }
    CredentialReport::parse(text).map_err(|error| error.to_string())
}
