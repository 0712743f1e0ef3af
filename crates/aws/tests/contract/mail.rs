use std::time::Duration;

use aws_sdk_sesv2::Client;
use keywheel_aws::{LambdaInvoker, SesMailer};
use keywheel_engine::ports::{ErrorKind, Invoker};
use keywheel_mail::ports::{Delivery, Mail, Mailer, Urgency};

use crate::emulator::{Account, on_both};

on_both!(a_mail_from_a_verified_sender_is_sent, a_function_that_does_not_exist_is_named);

const MAIL: Mail<'_> = Mail {
    attachments: &[],
    from: "keys@example.com",
    reply_to: Some("team@example.com"),
    to: "owner@example.com",
    subject: "Zugriffsschlüssel",
    html: "<p>grüß Gott</p>",
    text: "grüß Gott",
    headers: &[("Auto-Submitted", "auto-generated")],
    urgency: Urgency::Routine,
};

async fn a_mail_from_a_verified_sender_is_sent(account: Account) {
    Client::new(&account.config).create_email_identity().email_identity("keys@example.com").send().await.unwrap();
    let delivery = SesMailer::new(&account.config, None).send(&MAIL).await;
    assert!(matches!(&delivery, Delivery::Sent { message_id } if !message_id.is_empty()), "{delivery:?}");
}

async fn a_function_that_does_not_exist_is_named(account: Account) {
    let invoker = LambdaInvoker::new(&account.config, Duration::from_secs(5));
    let error = invoker.invoke("no-such-function", &serde_json::json!({})).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert!(error.message.contains("function no-such-function"), "{error}");
}
