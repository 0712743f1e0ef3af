//! A digest is sent once, and what became of it is recorded.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use keywheel_core::contract::digest::{Digest, NotificationResult, RecipientRole};
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::policy::Mode;
use keywheel_mail::ports::Delivery;
use keywheel_mail::topic::message;
use keywheel_mail::{Delivered, Post, Sender, Templates, deliver};

use crate::support::{ARMOURED, Notices, Outbox, Shelf, Stopped, at, digest, planned, rotated};

async fn delivered(notices: &Notices, outbox: &Outbox, digest: &Digest) -> Delivered {
    let templates = Templates::<&Shelf>::new(None).unwrap();
    let sender = Sender { from: "keys@example.com", reply_to: Some("cloud-platform@example.com") };
    let post = Post { notices, mailer: outbox, templates: &templates, clock: &Stopped, sender };
    deliver(&post, digest).await
}

fn two() -> Digest {
    digest(Mode::Enforce, vec![rotated(1, "alice"), rotated(2, "bob")])
}

fn result(sent: usize, deferred: usize, failed: usize) -> NotificationResult {
    NotificationResult { sent, deferred, failed }
}

#[tokio::test]
async fn a_digest_is_sent_and_every_notice_recorded() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    let delivered = delivered(&notices, &outbox, &two()).await;
    assert_eq!(delivered.outcome.unwrap(), result(2, 0, 0));
    assert_eq!(delivered.message_id.as_deref(), Some("0100-message"));
    let [mail] = outbox.mails().try_into().unwrap();
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("keys@example.com", "owner@example.com"));
    assert_eq!(mail.reply_to.as_deref(), Some("cloud-platform@example.com"));
    assert_eq!(mail.headers, [("Auto-Submitted".to_owned(), "auto-generated".to_owned())]);
    assert_eq!(mail.subject, "[AWS keys] payments (111122223333): 2 keys need action by 4 December 2026");
    assert!(mail.html.starts_with("<!DOCTYPE html>") && mail.text.contains("cloud-platform@example.com"));
    let records = notices.records.lock().unwrap();
    assert_eq!(records.len(), 2);
    for (id, notice) in records.iter() {
        assert_eq!((&notice.notice_id, notice.state, notice.at), (id, NoticeState::Sent, at("2026-11-20T02:00:09Z")));
        assert_eq!((notice.account.as_str(), notice.run_id.as_str()), ("111122223333", "2026-11-20-4f1c"));
        assert_eq!(notice.message_id.as_deref(), Some("0100-message"));
        assert!(!serde_json::to_string(notice).unwrap().contains('@'));
    }
}

#[tokio::test]
async fn the_same_event_again_sends_nothing() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    for mode in [two(), digest(Mode::Audit, planned().split_off(2))] {
        delivered(&notices, &outbox, &mode).await.outcome.unwrap();
        let mails = outbox.mails().len();
        let again = delivered(&notices, &outbox, &mode).await;
        assert_eq!(again.outcome.unwrap(), result(0, 0, 0));
        assert_eq!((again.sent_before, outbox.mails().len()), (mode.entries.len(), mails));
    }
    assert_eq!(outbox.mails().len(), 2);
}

#[tokio::test]
async fn only_what_is_new_is_in_the_next_mail() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    delivered(&notices, &outbox, &digest(Mode::Enforce, vec![rotated(1, "alice")])).await.outcome.unwrap();
    let second = delivered(&notices, &outbox, &two()).await;
    assert_eq!((second.outcome.unwrap(), second.sent_before), (result(1, 0, 0), 1));
    let text = &outbox.mails()[1].text;
    assert!(text.contains("bob") && !text.contains("alice"), "{text}");
}

#[tokio::test]
async fn a_topic_hears_of_what_was_just_mailed_and_of_nothing_else() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    let users = |delivered: &Delivered| message(&two(), delivered).map(|message| message.text);
    delivered(&notices, &outbox, &digest(Mode::Enforce, vec![rotated(1, "alice")])).await.outcome.unwrap();
    let second = users(&delivered(&notices, &outbox, &two()).await).unwrap();
    assert!(second.contains("bob") && !second.contains("alice"), "{second}");
    assert_eq!(users(&delivered(&notices, &outbox, &two()).await), None);
    let waits = Outbox::answering(Delivery::Deferred { why: "busy".to_owned() });
    assert_eq!(users(&delivered(&Notices::default(), &waits, &two()).await), None);
    // The mail went, and a retry knows nothing of one of the notices.
    let forgetful = Notices { writes_left: Mutex::new(Some(1)), ..Notices::default() };
    let first = delivered(&forgetful, &outbox, &two()).await;
    assert!(first.outcome.is_err() && users(&first).unwrap().contains("bob"));
    *forgetful.writes_left.lock().unwrap() = None;
    let again = delivered(&forgetful, &outbox, &two()).await.told.unwrap();
    assert_eq!(again.notices.len(), 1);
}

#[tokio::test]
async fn a_notice_that_is_named_twice_is_told_once() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    let twice = digest(Mode::Enforce, vec![rotated(1, "alice"), rotated(1, "alice")]);
    assert_eq!(delivered(&notices, &outbox, &twice).await.outcome.unwrap(), result(1, 0, 0));
}

#[tokio::test]
async fn a_digest_without_entries_sends_nothing() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    let empty = digest(Mode::Enforce, Vec::new());
    assert_eq!(delivered(&notices, &outbox, &empty).await.outcome.unwrap(), result(0, 0, 0));
    assert!(outbox.mails().is_empty());
}

#[tokio::test]
async fn a_mail_that_must_wait_is_recorded_as_deferred_and_sent_by_the_next_try() {
    let notices = Notices::default();
    let outbox = Outbox::answering(Delivery::Deferred { why: "Daily message quota exceeded".to_owned() });
    let first = delivered(&notices, &outbox, &two()).await;
    assert_eq!(first.outcome.unwrap(), result(0, 2, 0));
    assert_eq!(first.refusal.as_deref(), Some("Daily message quota exceeded"));
    assert_eq!(notices.states(), [NoticeState::Deferred; 2]);
    *outbox.answer.lock().unwrap() = Delivery::Sent { message_id: "later".to_owned() };
    assert_eq!(delivered(&notices, &outbox, &two()).await.outcome.unwrap(), result(2, 0, 0));
    assert_eq!(notices.states(), [NoticeState::Sent; 2]);
}

#[tokio::test]
async fn a_refusal_for_good_is_recorded_as_bounced_without_the_address() {
    let notices = Notices::default();
    let why = "MessageRejected: Email address is not verified: owner@example.com".to_owned();
    let outbox = Outbox::answering(Delivery::Rejected { why });
    let refused = delivered(&notices, &outbox, &two()).await;
    assert_eq!(refused.outcome.unwrap(), result(0, 0, 2));
    assert_eq!(notices.states(), [NoticeState::Bounced; 2]);
    let masked = "MessageRejected: Email address is not verified: o***@example.com";
    let records = notices.records.lock().unwrap();
    assert!(records.values().all(|notice| notice.detail.as_deref() == Some(masked)), "{records:?}");
}

#[tokio::test]
async fn nothing_is_sent_while_it_is_unknown_what_was_sent_before() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    notices.unreadable.store(true, Ordering::Relaxed);
    let error = delivered(&notices, &outbox, &two()).await.outcome.unwrap_err().to_string();
    assert!(error.contains("nothing was sent") && error.contains("s3:GetObject"), "{error}");
    assert!(outbox.mails().is_empty());
}

#[tokio::test]
async fn a_record_that_cannot_be_written_is_an_error_that_says_what_a_retry_may_do() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    *notices.writes_left.lock().unwrap() = Some(1);
    let failed = delivered(&notices, &outbox, &two()).await;
    assert_eq!(failed.message_id.as_deref(), Some("0100-message"));
    let error = failed.outcome.unwrap_err().to_string();
    assert!(error.contains("1 of 2 notices could not be recorded as sent, so a retry may send them again"), "{error}");
    *notices.writes_left.lock().unwrap() = None;
    let retried = delivered(&notices, &outbox, &two()).await;
    assert_eq!((retried.outcome.unwrap(), retried.sent_before), (result(1, 0, 0), 1));
}

#[tokio::test]
async fn broken_templates_do_not_keep_a_mail_back() {
    let (notices, outbox, shelf) = (Notices::default(), Outbox::default(), Shelf::sound());
    shelf.put("digest/body.html", "{{ oops");
    let templates = Templates::new(Some(&shelf)).unwrap();
    let sender = Sender { from: "keys@example.com", reply_to: None };
    let post = Post { notices: &notices, mailer: &outbox, templates: &templates, clock: &Stopped, sender };
    let delivered = deliver(&post, &two()).await;
    assert_eq!(delivered.outcome.unwrap(), result(2, 0, 0));
    assert!(delivered.fallback.is_some());
    assert!(outbox.mails()[0].subject.starts_with("[AWS keys]"));
}

#[tokio::test]
async fn an_encrypted_pair_is_attached_and_the_mail_says_how_to_open_it() {
    let (notices, outbox) = (Notices::default(), Outbox::default());
    let mut both = two();
    both.recipient.role = RecipientRole::KeyOwner;
    both.entries[1].encrypted_pair = Some(ARMOURED.to_owned());
    let both = keywheel_mail::event::parse(serde_json::to_value(both).unwrap()).unwrap();
    delivered(&notices, &outbox, &both).await.outcome.unwrap();
    let [mail] = outbox.mails().try_into().unwrap();
    assert_eq!(mail.attachments, [("AKIAEXAMPLE000005002.age".to_owned(), ARMOURED.to_owned())]);
    for part in [&mail.html, &mail.text] {
        assert!(part.contains("age --decrypt --identity IDENTITY_FILE AKIAEXAMPLE000005002.age"), "{part}");
        assert!(!part.contains("AKIAEXAMPLE000005001.age") && !part.contains("YWdl"), "{part}");
    }
    for notice in notices.records.lock().unwrap().values() {
        assert!(!serde_json::to_string(notice).unwrap().contains("AGE"));
    }
}

#[test]
fn a_pair_for_others_or_one_that_is_not_encrypted_is_refused() {
    let with = |role, pair: &str| {
        let mut one = two();
        one.recipient.role = role;
        one.entries[0].encrypted_pair = Some(pair.to_owned());
        let error = keywheel_mail::event::parse(serde_json::to_value(one).unwrap()).unwrap_err().to_string();
        assert!(!error.contains("SecretAccessKey"), "{error}");
        error
    };
    for role in [RecipientRole::AccountOwner, RecipientRole::Security] {
        assert!(with(role, ARMOURED).contains("which only a key owner is sent"));
    }
    let long = ARMOURED.replace("\n-----END", &format!("{}\n-----END", "A".repeat(9_000)));
    let plain = r#"{"SecretAccessKey":"a half"}"#;
    let wrapped =
        "-----BEGIN AGE ENCRYPTED FILE-----\neyJTZWNyZXRBY2Nlc3NLZXkiOiJ4In0=\n-----END AGE ENCRYPTED FILE-----\n";
    for pair in ["", plain, wrapped, &long, &format!("{ARMOURED}{plain}")] {
        assert!(with(RecipientRole::KeyOwner, pair).contains("is no age file in ASCII armour"), "{pair}");
    }
}
