//! Clock, records, mailer and templates in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::{AccountId, NoticeId};
use keywheel_engine::ports::{Clock, ErrorKind, NoticeStore, PortError};
use keywheel_mail::ports::{Delivery, FetchedTemplate, Mail, Mailer, TemplateStore, TemplateUnreadable};

use super::at;

fn failed(operation: &'static str) -> PortError {
    PortError { operation, kind: ErrorKind::Unanswered, message: "no answer".to_owned() }
}

/// A clock that stands still.
pub(crate) struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        at("2026-11-20T02:00:09Z")
    }

    async fn sleep(&self, _: Duration) {}
}

/// Records in memory.
#[derive(Default)]
pub(crate) struct Notices {
    pub(crate) records: Mutex<BTreeMap<NoticeId, SentNotice>>,
    pub(crate) unreadable: AtomicBool,
    /// How many more records can be written; all of them unless set.
    pub(crate) writes_left: Mutex<Option<usize>>,
}

impl Notices {
    pub(crate) fn states(&self) -> Vec<NoticeState> {
        self.records.lock().unwrap().values().map(|notice| notice.state).collect()
    }
}

impl NoticeStore for Notices {
    async fn find(&self, _: &AccountId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, SentNotice>, PortError> {
        if self.unreadable.load(Ordering::Relaxed) {
            return Err(failed("s3:GetObject"));
        }
        let records = self.records.lock().unwrap();
        Ok(ids.iter().filter_map(|id| Some((id.clone(), records.get(id)?.clone()))).collect())
    }

    async fn record(&self, notice: &SentNotice) -> Result<(), PortError> {
        let mut left = self.writes_left.lock().unwrap();
        match left.as_mut() {
            Some(0) => return Err(failed("s3:PutObject")),
            Some(left) => *left -= 1,
            None => {}
        }
        self.records.lock().unwrap().insert(notice.notice_id.clone(), notice.clone());
        Ok(())
    }
}

/// A mail as it was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) from: String,
    pub(crate) reply_to: Option<String>,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Names and contents.
    pub(crate) attachments: Vec<(String, String)>,
}

/// A mailer that keeps what it is handed and always answers the same.
pub(crate) struct Outbox {
    pub(crate) mails: Mutex<Vec<Handed>>,
    pub(crate) answer: Mutex<Delivery>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { mails: Mutex::default(), answer: Mutex::new(Delivery::Sent { message_id: "0100-message".to_owned() }) }
    }
}

impl Outbox {
    pub(crate) fn answering(answer: Delivery) -> Self {
        Self { mails: Mutex::default(), answer: Mutex::new(answer) }
    }

    pub(crate) fn mails(&self) -> Vec<Handed> {
        self.mails.lock().unwrap().clone()
    }
}

impl Mailer for Outbox {
    async fn send(&self, mail: &Mail<'_>) -> Delivery {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.mails.lock().unwrap().push(Handed {
            from: mail.from.to_owned(),
            reply_to: mail.reply_to.map(str::to_owned),
            to: mail.to.to_owned(),
            subject: mail.subject.to_owned(),
            html: mail.html.to_owned(),
            text: mail.text.to_owned(),
            attachments: mail
                .attachments
                .iter()
                .map(|file| (file.file_name.clone(), file.content.to_owned()))
                .collect(),
            headers: mail.headers.iter().map(owned).collect(),
        });
        self.answer.lock().unwrap().clone()
    }
}

/// Templates in memory that count how often they are asked for and handed out.
#[derive(Default)]
pub(crate) struct Shelf {
    files: Mutex<BTreeMap<String, (u32, Vec<u8>)>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) handed_out: AtomicUsize,
    pub(crate) unreadable: AtomicBool,
}

impl Shelf {
    /// A shelf with a sound set.
    pub(crate) fn sound() -> Self {
        let shelf = Self::default();
        shelf.put("digest/subject.txt", "Own subject: {{ headline }}");
        shelf.put("digest/body.txt", "Own text for {{ account.label }}");
        shelf.put("digest/body.html", "<p>Own HTML for {{ account.label }}</p>");
        shelf
    }

    pub(crate) fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut files = self.files.lock().unwrap();
        let version = files.get(name).map_or(0, |(version, _)| version + 1);
        files.insert(name.to_owned(), (version, text.as_ref().to_vec()));
    }

    pub(crate) fn remove(&self, name: &str) {
        self.files.lock().unwrap().remove(name);
    }
}

impl TemplateStore for &Shelf {
    async fn fetch(&self, name: &str, known: Option<&str>) -> Result<FetchedTemplate, TemplateUnreadable> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.unreadable.load(Ordering::Relaxed) {
            return Err(TemplateUnreadable {
                location: format!("s3://templates/{name}"),
                why: "AccessDenied".to_owned(),
            });
        }
        let files = self.files.lock().unwrap();
        let Some((version, bytes)) = files.get(name) else { return Ok(FetchedTemplate::Missing) };
        let etag = format!("\"{version}\"");
        if known == Some(&etag) {
            return Ok(FetchedTemplate::Unchanged);
        }
        self.handed_out.fetch_add(1, Ordering::Relaxed);
        Ok(FetchedTemplate::Fresh { bytes: bytes.clone(), etag: Some(etag) })
    }
}
