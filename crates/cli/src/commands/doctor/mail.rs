//! Mail: whether notices can be sent. Nothing is made inactive before its owner was told.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::operation::get_account::GetAccountOutput;
use keywheel_aws::port_error;
use keywheel_engine::ports::{ErrorKind, PortError};
use keywheel_runtime::config::variable::{CONFIGURATION_SET, MAILER, SENDER_EMAIL};

use super::finding::{Finding, Verdict};
use super::ground::{Deployed, Ground};

const GROUP: &str = "mail";

/// The share of the quota after which a day's mails may wait.
const NEARLY_USED: f64 = 0.8;

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let Some(notification) = ground.notification.deployed() else {
        return vec![Verdict::not_checked("notification was not found", "see the functions").of(GROUP, "sending")];
    };
    let mailer = notification.value(&MAILER).unwrap_or_default();
    if mailer != "ses" {
        let why = format!("mails go through {mailer}, whose login is not read here");
        let verdict = Verdict::not_checked(why, "look at the notices of an audit run: keywheel-notices-failed alarms");
        return vec![verdict.of(GROUP, "sending")];
    }
    let client = Client::new(&ground.hub.config);
    let account = client.get_account().send().await.map_err(|error| port_error("ses:GetAccount", &error));
    let mut findings = vec![
        sending(&account).of(GROUP, "sending"),
        sandbox(&account).of(GROUP, "sandbox"),
        quota(&account).of(GROUP, "quota"),
        identity(&client, notification).await.of(GROUP, "sender"),
    ];
    if let Some(set) = notification.value(&CONFIGURATION_SET) {
        findings.push(configuration_set(&client, set).await.of(GROUP, "configuration set"));
    }
    findings
}

type Account = Result<GetAccountOutput, PortError>;

fn sending(account: &Account) -> Verdict {
    let to_do = "see the reputation page of the SES console; AWS Support ends a pause of AWS's";
    match account {
        Err(error) => Verdict::of_error(error, to_do),
        Ok(account) => match account.enforcement_status.as_deref() {
            Some("SHUTDOWN") => Verdict::fail("SES has shut down sending for this account", to_do),
            _ if !account.sending_enabled => Verdict::fail(
                "sending is paused for this account",
                "aws sesv2 put-account-sending-attributes --sending-enabled",
            ),
            Some("PROBATION") => Verdict::warn("SES has this account on probation", to_do),
            _ => Verdict::ok("enabled"),
        },
    }
}

fn sandbox(account: &Account) -> Verdict {
    let to_do = "ask for production access in the SES console";
    match account {
        Err(error) => Verdict::of_error(error, to_do),
        Ok(account) if account.production_access_enabled => Verdict::ok("out of it"),
        Ok(_) => Verdict::warn("in it: mail reaches verified addresses only, and all other owners are not told", to_do),
    }
}

fn quota(account: &Account) -> Verdict {
    let to_do = "ask for a higher sending quota in the SES console; what is left over waits for the next run";
    let quota = match account {
        Err(error) => return Verdict::of_error(error, to_do),
        Ok(account) => account.send_quota.as_ref(),
    };
    // -1 is no limit (SESv2 API, SendQuota).
    let Some(quota) = quota.filter(|quota| quota.max24_hour_send >= 0.0) else { return Verdict::ok("no limit") };
    let (sent, most) = (quota.sent_last24_hours, quota.max24_hour_send);
    let found = format!("{sent} of {most} mails of the last 24 hours");
    if sent < most * NEARLY_USED { Verdict::ok(found) } else { Verdict::warn(found, to_do) }
}

/// The sender's address or its domain must be verified.
async fn identity(client: &Client, notification: &Deployed) -> Verdict {
    let to_do = "verify the address or its domain in SES, in the functions' region";
    let Some(sender) = notification.value(&SENDER_EMAIL) else {
        return Verdict::fail("SENDER_EMAIL is not set", "set it to an address that SES has verified");
    };
    let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    let mut unverified = None;
    for name in [sender, domain] {
        match is_verified(client, name).await {
            Ok(true) => return Verdict::ok(format!("{name} is verified")),
            Ok(false) => unverified = Some(name),
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => return Verdict::of_error(&error, to_do),
        }
    }
    let found = match unverified {
        Some(name) => format!("{name} waits for its verification"),
        None => format!("SES knows neither {sender} nor {domain}"),
    };
    Verdict::fail(found, to_do)
}

async fn is_verified(client: &Client, name: &str) -> Result<bool, PortError> {
    let answer = client.get_email_identity().email_identity(name).send().await;
    let answer = answer.map_err(|error| port_error("ses:GetEmailIdentity", &error))?;
    Ok(answer.verified_for_sending_status)
}

async fn configuration_set(client: &Client, name: &str) -> Verdict {
    let answer = client.get_configuration_set().configuration_set_name(name).send().await;
    match answer.map_err(|error| port_error("ses:GetConfigurationSet", &error)) {
        Ok(_) => Verdict::ok(name),
        Err(error) => Verdict::of_error(&error, "create it, or correct CONFIGURATION_SET: SES refuses every mail"),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::types::SendQuota;

    use super::super::finding::Level;
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "the checks take what a call brought")]
    fn account(enabled: bool, production: bool, status: &str, sent: f64) -> Account {
        let quota = SendQuota::builder().max24_hour_send(200.0).sent_last24_hours(sent).build();
        let account = GetAccountOutput::builder().sending_enabled(enabled).production_access_enabled(production);
        Ok(account.enforcement_status(status).send_quota(quota).build())
    }

    fn level(verdict: Verdict) -> Level {
        verdict.of(GROUP, "one").level
    }

    #[test]
    fn a_pause_is_wrong_whoever_made_it_and_probation_is_to_be_looked_at() {
        let sending = |enabled, status| level(sending(&account(enabled, true, status, 0.0)));
        assert_eq!((sending(true, "HEALTHY"), sending(false, "HEALTHY")), (Level::Ok, Level::Fail));
        assert_eq!((sending(true, "PROBATION"), sending(true, "SHUTDOWN")), (Level::Warn, Level::Fail));
        assert_eq!(sending(false, "PROBATION"), Level::Fail);
    }

    #[test]
    fn the_sandbox_and_a_quota_nearly_used_are_to_be_looked_at() {
        let sandbox = |production| level(sandbox(&account(true, production, "HEALTHY", 0.0)));
        assert_eq!((sandbox(true), sandbox(false)), (Level::Ok, Level::Warn));
        let quota_of = |sent| level(quota(&account(true, true, "HEALTHY", sent)));
        assert_eq!((quota_of(159.0), quota_of(160.0)), (Level::Ok, Level::Warn));
        let unlimited = SendQuota::builder().max24_hour_send(-1.0).sent_last24_hours(1e6).build();
        let unlimited =
            GetAccountOutput::builder().sending_enabled(true).production_access_enabled(true).send_quota(unlimited);
        assert_eq!(level(quota(&Ok(unlimited.build()))), Level::Ok);
    }

    #[test]
    fn what_ses_does_not_tell_is_not_checked() {
        let denied = || -> Account {
            Err(PortError { operation: "ses:GetAccount", kind: ErrorKind::Denied, message: "no".to_owned() })
        };
        for verdict in [sending(&denied()), sandbox(&denied()), quota(&denied())] {
            assert_eq!(level(verdict), Level::NotChecked);
        }
    }
}
