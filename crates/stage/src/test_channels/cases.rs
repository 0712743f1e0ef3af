//! One mail per answer of a mail server, and the same again once the server is well: nothing is lost, and nothing is sent twice that was
//! answered.

use anyhow::Context;
use futures::future::try_join_all;
use serde_json::Value;

use super::digest::{ACCOUNT_NAME, Told, digest, tell};
use super::mailers::{DENIED, IMPLICIT, MAILGUN, PLAIN, REPLY_TO, STARTTLS, STRANGER};
use super::servers::Servers;
use crate::policies::SENDER;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// What the next run makes of a notice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Nothing: it was sent.
    Nothing,
    /// Sends it; the server then has the mail so many times.
    Sends(usize),
    /// Waits again, and the server has nothing.
    Waits,
}

/// A mail, and what becomes of it.
struct Case {
    mailer: &'static str,
    /// The recipient's name, which tells the server what to do.
    recipient: &'static str,
    state: &'static str,
    /// Words of the record.
    says: &'static str,
    again: Again,
}

const fn case(
    mailer: &'static str,
    recipient: &'static str,
    state: &'static str,
    says: &'static str,
    again: Again,
) -> Case {
    Case { mailer, recipient, state, says, again }
}

const CASES: &[Case] = &[
    case(IMPLICIT, "taken", "sent", "", Again::Nothing),
    case(IMPLICIT, "busy", "sent", "", Again::Nothing),
    case(IMPLICIT, "refused", "bounced", "550", Again::Sends(1)),
    case(IMPLICIT, "later", "deferred", "451", Again::Sends(1)),
    // What is not the recipient's fault waits for whoever mends it.
    case(IMPLICIT, "relay", "deferred", "554", Again::Sends(1)),
    // Nobody told the function that this one was taken.
    case(IMPLICIT, "lost", "deferred", "SMTP server", Again::Sends(2)),
    case(STARTTLS, "taken", "sent", "", Again::Nothing),
    case(PLAIN, "taken", "deferred", "STARTTLS", Again::Waits),
    case(STRANGER, "taken", "deferred", "certificate", Again::Waits),
    case(DENIED, "taken", "deferred", "not authorized to perform", Again::Waits),
    case(MAILGUN, "taken", "sent", "", Again::Nothing),
    case(MAILGUN, "busy", "sent", "", Again::Nothing),
    case(MAILGUN, "refused", "bounced", "400", Again::Sends(1)),
    case(MAILGUN, "sender", "deferred", "400", Again::Sends(1)),
    case(MAILGUN, "later", "deferred", "429", Again::Sends(1)),
    case(MAILGUN, "broken", "deferred", "500", Again::Sends(1)),
    case(MAILGUN, "silent", "deferred", "no answer from Mailgun", Again::Sends(1)),
];

impl Case {
    fn address(&self) -> String {
        format!("{}@{}.example.com", self.recipient, self.mailer)
    }

    async fn tell(&self, stage: &Stage, number: usize) -> anyhow::Result<Told> {
        tell(stage, self.mailer, &digest(stage, &self.address(), u32::try_from(number)?)).await
    }

    fn wrong_at_first(&self, told: &Told) -> Vec<String> {
        let is_right = told.counts == counts(self.state) && told.state == self.state;
        // Addresses have no place in records.
        if is_right && told.detail.contains(self.says) && !told.detail.contains(&self.address()) {
            return Vec::new();
        }
        vec![format!("{told:?}")]
    }

    fn wrong_again(&self, told: &Told, came: &Value) -> Vec<String> {
        let (counted, state, mails) = match self.again {
            Again::Nothing => (Some([0, 0, 0]), "sent", 1),
            Again::Sends(mails) => (Some([1, 0, 0]), "sent", mails),
            Again::Waits => (Some([0, 1, 0]), "deferred", 0),
        };
        let found = self.mails(came).len();
        if told.counts == counted && told.state == state && found == mails {
            return Vec::new();
        }
        vec![format!("{told:?}, and the server has {found} mails")]
    }

    /// The mails of this case that the servers took.
    fn mails<'a>(&self, came: &'a Value) -> Vec<&'a Value> {
        let taken = came[if self.mailer == MAILGUN { "forms" } else { "mails" }].as_array();
        let to = |mail: &&Value| mail["to"] == self.address() || mail["to"][0] == self.address();
        taken.into_iter().flatten().filter(to).collect()
    }
}

fn counts(state: &str) -> Option<[u64; 3]> {
    ["sent", "deferred", "bounced"].iter().position(|one| *one == state).map(|place| {
        let mut counts = [0; 3];
        counts[place] = 1;
        counts
    })
}

/// Sends every case's mail, all at once: the mails that are not answered take their time.
pub(super) async fn first(stage: &Stage) -> anyhow::Result<Vec<Told>> {
    try_join_all(CASES.iter().enumerate().map(|(number, case)| case.tell(stage, number))).await
}

/// Judges that, heals the servers, and sends every case's mail again.
pub(super) async fn check(
    stage: &Stage,
    servers: &Servers,
    first: Vec<Told>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    servers.heal().await?;
    let again = try_join_all(CASES.iter().enumerate().map(|(number, case)| case.tell(stage, number))).await?;
    let came = servers.came().await?;
    for ((case, first), again) in CASES.iter().zip(&first).zip(&again) {
        let name = format!("{}: a mail to {:?} is {}", case.mailer, case.recipient, case.state);
        checks.none(&name, case.wrong_at_first(first));
        let then = match case.again {
            Again::Nothing => "is not sent again",
            Again::Sends(_) => "is sent by the next run",
            Again::Waits => "goes on waiting, and nothing was handed to the server",
        };
        checks.none(&format!("{}: a mail to {:?} {then}", case.mailer, case.recipient), case.wrong_again(again, &came));
    }
    for case in CASES.iter().filter(|case| case.recipient == "taken" && case.again == Again::Nothing) {
        let mail = case.mails(&came).into_iter().next().context("no mail came")?;
        let wrong = if case.mailer == MAILGUN { wrong_form(mail) } else { wrong_mail(mail) };
        checks.none(&format!("{}: sender, subject, headers and both parts arrive", case.mailer), wrong);
    }
    Ok(())
}

fn wrong_mail(mail: &Value) -> Vec<String> {
    let headers = &mail["headers"];
    wrong(
        mail,
        &[
            ("sender", mail["from"] == SENDER && headers["from"] == SENDER),
            ("login", mail["login"] == "keywheel"),
            ("TLS", mail["tls"] == "TLSv1.3"),
            ("subject", has(&headers["subject"], ACCOUNT_NAME)),
            ("headers", headers["auto-submitted"] == "auto-generated" && headers["reply-to"] == REPLY_TO),
            ("id and date", has(&headers["message-id"], "@example.com>") && !headers["date"].is_null()),
            ("parts", has(&mail["text"], ACCOUNT_NAME) && has(&mail["html"], ACCOUNT_NAME)),
        ],
    )
}

fn wrong_form(form: &Value) -> Vec<String> {
    wrong(
        form,
        &[
            ("sender", form["from"] == SENDER),
            ("subject", has(&form["subject"], ACCOUNT_NAME)),
            ("headers", form["h:Auto-Submitted"] == "auto-generated" && form["h:Reply-To"] == REPLY_TO),
            ("options", form["o:require-tls"] == "yes" && form["o:tracking"] == "no"),
            ("parts", has(&form["text"], ACCOUNT_NAME) && has(&form["html"], ACCOUNT_NAME)),
        ],
    )
}

fn has(value: &Value, part: &str) -> bool {
    value.as_str().is_some_and(|text| text.contains(part))
}

fn wrong(mail: &Value, held: &[(&str, bool)]) -> Vec<String> {
    held.iter().filter(|(_, holds)| !holds).map(|(what, _)| format!("{what} of {mail}")).collect()
}
