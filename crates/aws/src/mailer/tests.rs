//! What SES answers, on the wire, and what becomes of the mail.

use keywheel_mail::ports::{Attachment, Urgency};

use super::*;
use crate::wire::{Answer, Instantly, Sent, Wire, json, json_error};

const MAIL: Mail<'_> = Mail {
    from: "keys@example.com",
    reply_to: None,
    to: "owner@example.com",
    subject: "Access keys",
    html: "<p>hello</p>",
    text: "hello",
    headers: &[("Auto-Submitted", "auto-generated")],
    attachments: &[],
    urgency: Urgency::Routine,
};

/// SES whose account has this body, and that answers every SendEmail alike.
fn ses(account: &'static str, answer: fn() -> Answer) -> Wire {
    Wire::new(move |_, sent| if sent.is_of_account() { json(200, account) } else { answer() })
}

async fn send_over(wire: &Wire, urgency: Urgency) -> Delivery {
    SesMailer::new(&wire.config(), None).send(&Mail { urgency, ..MAIL }).await
}

fn mails(wire: &Wire) -> Vec<Sent> {
    wire.sent().into_iter().filter(|sent| !sent.is_of_account()).collect()
}

const GOOD: &str = r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"HEALTHY",
    "SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":10}}"#;
const SANDBOX: &str = r#"{"ProductionAccessEnabled":false,"SendingEnabled":true,"EnforcementStatus":"HEALTHY"}"#;

fn taken() -> Answer {
    json(200, r#"{"MessageId":"m-1"}"#)
}

#[tokio::test]
async fn a_mail_goes_out_with_both_parts_and_its_headers() {
    let wire = ses(GOOD, taken);
    assert_eq!(send_over(&wire, Urgency::Routine).await, Delivery::Sent { message_id: "m-1".to_owned() });
    let body: serde_json::Value = serde_json::from_str(&mails(&wire)[0].body).unwrap();
    let simple = &body["Content"]["Simple"];
    assert_eq!(simple["Body"]["Html"]["Data"], "<p>hello</p>");
    assert_eq!(simple["Body"]["Text"]["Data"], "hello");
    assert_eq!(simple["Headers"], serde_json::json!([{ "Name": "Auto-Submitted", "Value": "auto-generated" }]));
    assert_eq!((body.get("ReplyToAddresses"), body.get("ConfigurationSetName")), (None, None));
}

#[tokio::test]
async fn what_time_or_an_operator_can_mend_is_deferred_and_the_rest_rejected() {
    let answers: [(fn() -> Answer, bool); 9] = [
        (|| Answer::Lost, true),
        (|| json_error(429, "TooManyRequestsException", "Daily message quota exceeded."), true),
        (|| json_error(400, "LimitExceededException", "the day's quota"), true),
        (|| json_error(400, "SendingPausedException", "paused"), true),
        (|| json_error(400, "MessageRejected", "Email address is not verified."), true),
        (|| json_error(404, "NotFoundException", "Configuration set <keywheel> does not exist."), true),
        (|| json_error(400, "MailFromDomainNotVerifiedException", "no MX record"), true),
        (|| json_error(400, "MessageRejected", "Transaction failed: virus"), false),
        (|| json_error(400, "BadRequestException", "Illegal address"), false),
    ];
    for (answer, deferred) in answers {
        let delivery = send_over(&ses(GOOD, answer), Urgency::Routine).await;
        assert_eq!(matches!(delivery, Delivery::Deferred { .. }), deferred, "{delivery:?}");
        assert_eq!(matches!(delivery, Delivery::Rejected { .. }), !deferred, "{delivery:?}");
    }
}

#[tokio::test]
async fn an_unverified_recipient_in_the_sandbox_is_deferred_and_told_as_what_it_is() {
    let refusal = || json_error(400, "MessageRejected", "Email address is not verified. owner@example.com");
    let Delivery::Deferred { why } = send_over(&ses(SANDBOX, refusal), Urgency::Urgent).await else {
        panic!("not deferred")
    };
    assert!(why.contains("sandbox") && why.contains("production access"), "{why}");
}

#[tokio::test]
async fn nothing_is_tried_while_sending_is_paused_or_the_day_is_used_up() {
    const PAUSED: &str = r#"{"ProductionAccessEnabled":true,"SendingEnabled":false}"#;
    const SHUT: &str = r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"SHUTDOWN"}"#;
    const USED_UP: &str = r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,
        "SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":200}}"#;
    for (account, says) in [(PAUSED, "paused"), (SHUT, "SHUTDOWN"), (USED_UP, "used up")] {
        let wire = ses(account, taken);
        let delivery = send_over(&wire, Urgency::Urgent).await;
        assert!(matches!(&delivery, Delivery::Deferred { why } if why.contains(says)), "{delivery:?}");
        assert!(mails(&wire).is_empty(), "{says}");
    }
}

#[tokio::test]
async fn what_is_left_of_the_day_goes_to_urgent_mails() {
    const NEARLY: &str = r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,
        "SendQuota":{"Max24HourSend":10,"MaxSendRate":1,"SentLast24Hours":7}}"#;
    let wire = ses(NEARLY, taken);
    let mailer = SesMailer::new(&wire.config(), None);
    let mut went = Vec::new();
    for urgency in [Urgency::Routine, Urgency::Routine, Urgency::Urgent, Urgency::Urgent, Urgency::Urgent] {
        went.push(matches!(mailer.send(&Mail { urgency, ..MAIL }).await, Delivery::Sent { .. }));
    }
    assert_eq!(went, [true, false, true, true, false]);
    assert_eq!(wire.sent().len() - mails(&wire).len(), 1, "the account is asked once");
}

#[tokio::test]
async fn an_account_that_cannot_be_asked_holds_no_mail_back() {
    let wire = Wire::new(|_, sent| {
        if sent.is_of_account() { json_error(403, "AccessDeniedException", "ses:GetAccount") } else { taken() }
    });
    assert!(matches!(send_over(&wire, Urgency::Routine).await, Delivery::Sent { .. }));
}

#[tokio::test]
async fn throttling_is_outlasted() {
    let wire = Wire::new(|number, sent| match (sent.is_of_account(), number) {
        (true, _) => json(200, GOOD),
        (false, ..=12) => json_error(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
        (false, _) => taken(),
    });
    let config = wire.config().to_builder().sleep_impl(Instantly).build();
    let delivery = SesMailer::new(&config, None).send(&MAIL).await;
    assert!(matches!(delivery, Delivery::Sent { .. }), "{delivery:?}");
    assert_eq!(mails(&wire).len(), 13);
}

#[tokio::test]
async fn an_attachment_goes_out_byte_by_byte() {
    let wire = ses(GOOD, taken);
    let attachments = [Attachment { file_name: "AKIAIOSFODNN7EXAMPLE.age".to_owned(), content: "-----BEGIN\n" }];
    SesMailer::new(&wire.config(), None).send(&Mail { attachments: &attachments, ..MAIL }).await;
    let body: serde_json::Value = serde_json::from_str(&mails(&wire)[0].body).unwrap();
    let attached = &body["Content"]["Simple"]["Attachments"];
    assert_eq!(attached[0]["FileName"], "AKIAIOSFODNN7EXAMPLE.age");
    assert_eq!(attached[0]["RawContent"], "LS0tLS1CRUdJTgo=");
    assert_eq!(attached[0]["ContentDisposition"], "ATTACHMENT");
    assert_eq!((attached.as_array().unwrap().len(), body["Content"].get("Raw")), (1, None));
}
