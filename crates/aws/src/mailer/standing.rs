//! What SES lets this account send today: its sandbox, a pause, and the quota of 24 hours.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_sesv2::operation::get_account::GetAccountOutput;
use keywheel_mail::ports::Urgency;

/// How long an answer to GetAccount holds. SES answers the call once a second and account at most (SES quotas, "SES API"), and a night
/// starts notification thousands of times.
const HOLDS: Duration = Duration::from_mins(1);

/// The part of the quota that is kept for urgent mails, as one in so many.
const KEPT_FOR_URGENT: f64 = 5.0;

/// What SES said of the account.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// Mail goes to verified addresses only.
    pub(super) is_in_sandbox: bool,
    /// Why nothing may be sent at all.
    pub(super) paused: Option<String>,
    /// Mails in 24 hours, and how many of them were sent; none where there is no limit.
    quota: Option<(f64, f64)>,
}

impl Standing {
    pub(super) fn of(account: &GetAccountOutput) -> Self {
        let status = account.enforcement_status.as_deref().unwrap_or_default();
        let paused = match status {
            "SHUTDOWN" => {
                Some("SES has shut down sending for this account (its enforcement status is SHUTDOWN)".to_owned())
            }
            _ if !account.sending_enabled => Some(
                "sending is paused for this account (aws sesv2 put-account-sending-attributes --sending-enabled)"
                    .to_owned(),
            ),
            _ => None,
        };
        // -1 is no limit (SESv2 API, SendQuota).
        let quota = account.send_quota.as_ref().filter(|quota| quota.max24_hour_send >= 0.0);
        let quota = quota.map(|quota| (quota.max24_hour_send, quota.sent_last24_hours));
        Self { is_in_sandbox: !account.production_access_enabled, paused, quota }
    }

    /// Why a mail of this urgency must wait, when `since` mails were sent after the account was asked.
    fn wait(&self, urgency: Urgency, since: u32) -> Option<String> {
        if let Some(paused) = &self.paused {
            return Some(paused.clone());
        }
        let (most, sent) = self.quota?;
        let (left, kept) = (most - sent - f64::from(since), most / KEPT_FOR_URGENT);
        let quota = format!("SES lets this account send {most} mails in 24 hours");
        if left < 1.0 {
            Some(format!("{quota}, and they are used up"))
        } else if urgency == Urgency::Routine && left <= kept {
            Some(format!("{quota}, and the {kept:.0} last of them are kept for urgent mails"))
        } else {
            None
        }
    }
}

/// What is known of the account, for a short time.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<Asked>>);

/// An answer to GetAccount; none where it brought nothing.
#[derive(Debug)]
struct Asked {
    at: Instant,
    standing: Option<Standing>,
    /// Mails sent since.
    since: u32,
}

impl Known {
    /// Whether SES should be asked (again).
    pub(super) fn is_stale(&self) -> bool {
        self.with(|asked| asked.as_ref().is_none_or(|asked| asked.at.elapsed() >= HOLDS))
    }

    /// Keeps an answer, or that there was none: then SendEmail itself says what may be sent.
    pub(super) fn keep(&self, standing: Option<Standing>) {
        self.with(|asked| *asked = Some(Asked { at: Instant::now(), standing, since: 0 }));
    }

    /// Why a mail of this urgency must wait.
    pub(super) fn wait(&self, urgency: Urgency) -> Option<String> {
        self.with(|asked| asked.as_ref().and_then(|asked| asked.standing.as_ref()?.wait(urgency, asked.since)))
    }

    /// Whether mail goes to verified addresses only.
    pub(super) fn is_in_sandbox(&self) -> bool {
        let is_in_sandbox = |asked: &Asked| asked.standing.as_ref().is_some_and(|standing| standing.is_in_sandbox);
        self.with(|asked| asked.as_ref().is_some_and(is_in_sandbox))
    }

    /// Counts a mail that was sent.
    pub(super) fn count(&self) {
        self.with(|asked| asked.iter_mut().for_each(|asked| asked.since += 1));
    }

    fn with<T>(&self, what: impl FnOnce(&mut Option<Asked>) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_quota(most: f64, sent: f64) -> Standing {
        Standing { is_in_sandbox: false, paused: None, quota: (most >= 0.0).then_some((most, sent)) }
    }

    #[test]
    fn the_last_fifth_of_the_quota_is_kept_for_urgent_mails() {
        let waits = |sent, since, urgency| with_quota(200.0, sent).wait(urgency, since).is_some();
        for (sent, since, routine, urgent) in [
            (0.0, 0, false, false),
            (159.0, 0, false, false),
            (160.0, 0, true, false),
            (150.0, 10, true, false),
            (199.0, 0, true, false),
            (200.0, 0, true, true),
            (199.0, 1, true, true),
        ] {
            let seen = (waits(sent, since, Urgency::Routine), waits(sent, since, Urgency::Urgent));
            assert_eq!(seen, (routine, urgent), "{sent} and {since}");
        }
    }

    #[test]
    fn without_a_limit_nothing_waits_and_while_sending_is_paused_everything_does() {
        assert_eq!(with_quota(-1.0, 1e9).wait(Urgency::Routine, 7), None);
        let paused = Standing { paused: Some("paused".to_owned()), ..with_quota(-1.0, 0.0) };
        assert_eq!(paused.wait(Urgency::Urgent, 0).as_deref(), Some("paused"));
    }

    #[test]
    fn what_is_not_known_holds_nothing_back() {
        let known = Known::default();
        assert!(known.is_stale() && known.wait(Urgency::Routine).is_none());
        known.keep(None);
        assert!(!known.is_stale() && known.wait(Urgency::Routine).is_none() && !known.is_in_sandbox());
    }
}
