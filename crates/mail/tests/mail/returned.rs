//! Mails that come back, also before anybody has noted what was in them.

use std::sync::Mutex;
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::mailed::MailedNotices;
use keywheel_core::id::NoticeId;
use keywheel_engine::ports::{Clock, PortError};
use keywheel_mail::ports::MailedStore;
use keywheel_mail::returned::{Returned, note};

use crate::support::{ACCOUNT, NOW, at};

/// A clock that goes on while somebody sleeps.
struct Walking(Mutex<Timestamp>);

impl Walking {
    fn new() -> Self {
        Self(Mutex::new(at(NOW)))
    }

    fn seconds_gone(&self) -> i64 {
        self.now().duration_since(at(NOW)).as_secs()
    }
}

impl Clock for Walking {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(time).unwrap();
    }
}

/// One mail, noted when the store was looked into so often.
struct Noted {
    looks_before: u32,
    looks: Mutex<u32>,
    returns: Mutex<Vec<(NoticeId, String)>>,
}

impl Noted {
    fn after(looks_before: u32) -> Self {
        Self { looks_before, looks: Mutex::default(), returns: Mutex::default() }
    }
}

impl MailedStore for Noted {
    async fn mailed(&self, message_id: &str) -> Result<Option<MailedNotices>, PortError> {
        let mut looks = self.looks.lock().unwrap();
        *looks += 1;
        let mail = MailedNotices {
            schema_version: SCHEMA,
            account: ACCOUNT.parse().unwrap(),
            message_id: message_id.to_owned(),
            notice_ids: [1, 2].map(|number| format!("{number:032x}").parse().unwrap()).into(),
        };
        Ok((*looks > self.looks_before).then_some(mail))
    }

    async fn note_return(&self, _: &MailedNotices, id: &NoticeId, why: &str, _: Timestamp) -> Result<bool, PortError> {
        self.returns.lock().unwrap().push((id.clone(), why.to_owned()));
        Ok(true)
    }
}

fn returned(sent_at: Option<&str>) -> Returned {
    Returned {
        message_id: "0102018f".to_owned(),
        sent_at: sent_at.map(at),
        why: "it came back (Suppressed)".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_that_comes_back_before_it_is_noted_is_waited_for() {
    let (store, clock) = (Noted::after(3), Walking::new());
    let (mail, notices) = note(&store, &clock, &returned(Some(NOW))).await.unwrap().unwrap();
    assert_eq!((mail.notice_ids.len(), notices), (2, 2));
    assert_eq!(store.returns.lock().unwrap()[1].1, "it came back (Suppressed)");
    assert_eq!(clock.seconds_gone(), 3);
}

#[tokio::test]
async fn a_mail_that_nobody_notes_is_waited_for_no_longer_than_noting_takes() {
    let (store, clock) = (Noted::after(u32::MAX), Walking::new());
    assert_eq!(note(&store, &clock, &returned(Some(NOW))).await.unwrap(), None);
    assert_eq!(clock.seconds_gone(), 20);
    assert!(store.returns.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_old_mail_or_one_of_an_unknown_time_is_looked_for_once() {
    for sent_at in [None, Some("2026-11-20T01:59:00Z")] {
        let (store, clock) = (Noted::after(1), Walking::new());
        assert_eq!(note(&store, &clock, &returned(sent_at)).await.unwrap(), None);
        assert_eq!((clock.seconds_gone(), *store.looks.lock().unwrap()), (0, 1));
    }
}
