//! What the tests share: digests, and stores in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{AccountLabel, Digest, DigestEntry, DigestPeriods, Recipient, RecipientRole};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, AccountId, NoticeId};
use keywheel_core::observed::KeyUse;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_engine::ports::{Clock, ErrorKind, NoticeStore, PortError};
use keywheel_mail::ports::{Delivery, FetchedTemplate, Mail, Mailer, TemplateStore, TemplateUnreadable};
use keywheel_mail::{DigestContext, Rendered, Sender, Templates};

/// The account of all tests.
pub(crate) const ACCOUNT: &str = "111122223333";
/// Whose name all mails bear.
pub(crate) const SENDER: Sender<'_> = Sender { from: "keys@example.com", reply_to: Some("cloud-platform@example.com") };
/// The moment of all runs.
pub(crate) const NOW: &str = "2026-11-20T02:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn digest(mode: Mode, entries: Vec<DigestEntry>) -> Digest {
    Digest {
        schema_version: SCHEMA,
        run_id: "2026-11-20-4f1c".parse().unwrap(),
        mode,
        at: at(NOW),
        account: AccountLabel {
            id: ACCOUNT.parse().unwrap(),
            name: "payments".to_owned(),
            partition: "aws".parse().unwrap(),
        },
        region: "eu-central-1".to_owned(),
        recipient: Recipient { email: "owner@example.com".to_owned(), role: RecipientRole::AccountOwner },
        template: "digest".to_owned(),
        periods: DigestPeriods { rotation: 90, install_grace: 10, recovery_grace: 35 },
        entries,
    }
}

/// An entry about the key number `number`, with nothing that may be left out.
pub(crate) fn entry(number: u32, user: &str, step: StepKind, status: StepStatus, reason: Reason) -> DigestEntry {
    DigestEntry {
        notice_id: format!("{number:032x}").parse().unwrap(),
        user: user.parse().unwrap(),
        access_key_id: Some(key(number)),
        replacement: None,
        other_key: None,
        step,
        status,
        reason,
        due: None,
        secret_name: None,
        secret_arn: None,
        last_used: None,
        instructions: Vec::new(),
        detail: None,
        encrypted_pair: None,
    }
}

pub(crate) fn key(number: u32) -> AccessKeyId {
    format!("AKIAEXAMPLE{number:09}").parse().unwrap()
}

pub(crate) fn secret_name(user: &str) -> String {
    keywheel_core::secret::secret_name(&ACCOUNT.parse::<AccountId>().unwrap(), &user.parse().unwrap())
}

pub(crate) fn rotated(number: u32, user: &str) -> DigestEntry {
    DigestEntry {
        replacement: Some(key(number + 5000)),
        due: Some(at("2026-12-04T02:00:00Z")),
        secret_name: Some(secret_name(user)),
        ..entry(number, user, StepKind::Create, StepStatus::Done, Reason::RotationDue)
    }
}

pub(crate) fn used(when: &str) -> KeyUse {
    KeyUse { at: at(when), service: "s3".to_owned(), region: "eu-west-1".to_owned() }
}

/// An age file in ASCII armour, of nobody's pair.
pub(crate) const ARMOURED: &str = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSA=\n-----END AGE ENCRYPTED FILE-----\n";

/// One entry of every kind that an enforcing run tells of.
pub(crate) fn every_kind() -> Vec<DigestEntry> {
    use StepKind::{Create, Deactivate, Delete, Hold, Publish, Reconcile, Retire, Rollback, Skip, Warn};
    use StepStatus::{Deferred, Done, Failed};
    let due = |text: &str, entry: DigestEntry| DigestEntry { due: Some(at(text)), ..entry };
    let beside = |other, entry: DigestEntry| DigestEntry { other_key: Some(other), ..entry };
    let install = |entry: DigestEntry| DigestEntry {
        replacement: Some(key(7000)),
        secret_name: Some(secret_name(entry.user.as_str())),
        ..entry
    };
    vec![
        DigestEntry {
            instructions: vec!["Restart the nightly export.".to_owned(), "Ask in #payments.".to_owned()],
            ..rotated(1, "alice")
        },
        rotated(2, "backup,tape"),
        DigestEntry {
            encrypted_pair: Some(ARMOURED.to_owned()),
            ..install(due("2026-12-01T02:00:00Z", entry(3, "ci-runner", Publish, Done, Reason::ReplacementPending)))
        },
        install(due("2026-11-27T02:00:00Z", entry(4, "bob", Warn, Done, Reason::DeactivationAhead))),
        install(due("2026-11-30T02:00:00Z", entry(5, "carol", Warn, Done, Reason::NoticeRepeated))),
        due("2026-11-27T02:00:00Z", entry(6, "old-export", Warn, Done, Reason::RetirementAhead)),
        due("2026-11-23T02:00:00Z", entry(7, "dave", Warn, Done, Reason::DeletionAhead)),
        due("2026-11-23T02:00:00Z", entry(8, "erin", Warn, Done, Reason::ForeignDeletionAhead)),
        due("2026-11-21T02:00:00Z", entry(9, "frank", Warn, Done, Reason::RotationAhead)),
        DigestEntry {
            last_used: Some(used("2026-11-19T22:15:00Z")),
            ..install(due("2026-11-17T02:00:00Z", entry(10, "grace", Hold, Done, Reason::StillInUse)))
        },
        install(due("2026-11-18T02:00:00Z", entry(11, "heidi", Hold, Done, Reason::NotTakenUp))),
        install(due("2026-12-25T02:00:00Z", entry(12, "ivan", Deactivate, Done, Reason::InstallGraceOver))),
        due("2027-02-18T02:00:00Z", entry(13, "judy", Retire, Done, Reason::Unused)),
        install(due("2026-11-19T23:30:00Z", entry(14, "mallory", Delete, Done, Reason::RecoveryGraceOver))),
        DigestEntry {
            detail: Some("iam:CreateAccessKey failed: ServiceFailure: try again".to_owned()),
            ..entry(15, "niaj", Create, Failed, Reason::RotationDue)
        },
        beside(key(7016), due("2026-11-10T01:00:00Z", entry(16, "olivia", Skip, Done, Reason::ConflictTwoActive))),
        beside(key(7017), due("2026-11-10T01:00:00Z", entry(17, "peggy", Skip, Done, Reason::SlotBlocked))),
        DigestEntry {
            access_key_id: None,
            detail: Some("ROTATE_AFTER_DAYS is \"soon\"; accepted: a number of days from 1 to 36500".to_owned()),
            ..entry(18, "rupert", Skip, Done, Reason::MalformedTag)
        },
        DigestEntry {
            detail: Some(
                "the mail about the new key to the address in the tag KeyRotation:EMAIL was refused or came back"
                    .to_owned(),
            ),
            ..entry(24, "wendy", Skip, Done, Reason::OwnerUnreachable)
        },
        DigestEntry {
            detail: Some("AWSCompromisedKeyQuarantineV3".to_owned()),
            ..entry(25, "xena", Skip, Done, Reason::Quarantined)
        },
        entry(19, "sybil", Reconcile, Done, Reason::NeverStored),
        DigestEntry {
            replacement: Some(key(7020)),
            secret_name: Some(secret_name("trent")),
            ..due("2026-11-20T02:00:00Z", entry(20, "trent", Rollback, Done, Reason::RolledBack))
        },
        entry(21, "victor", Deactivate, Deferred, Reason::MaxChanges),
        entry(22, "walter", Skip, Done, Reason::ExemptGroup),
        due("2026-12-25T02:00:00Z", entry(23, "yves", Deactivate, Done, Reason::Emergency)),
        install(due("2026-11-20T02:00:00Z", entry(23, "yves", Create, Done, Reason::Emergency))),
    ]
}

/// What an auditing run tells of.
pub(crate) fn planned() -> Vec<DigestEntry> {
    use StepKind::{Create, Deactivate, Delete, Hold, Retire, Skip};
    let planned = |number, user, step, reason| DigestEntry {
        due: Some(at("2026-11-20T02:00:00Z")),
        ..entry(number, user, step, StepStatus::Planned, reason)
    };
    vec![
        DigestEntry { due: Some(at("2026-10-11T08:30:00Z")), ..planned(1, "alice", Create, Reason::RotationDue) },
        planned(2, "bob", Deactivate, Reason::InstallGraceOver),
        planned(3, "carol", Delete, Reason::RecoveryGraceOver),
        planned(4, "dave", Retire, Reason::Unused),
        DigestEntry { last_used: Some(used("2026-11-19T22:15:00Z")), ..planned(5, "erin", Hold, Reason::StillInUse) },
        planned(6, "frank", Skip, Reason::ConflictTwoActive),
    ]
}

pub(crate) fn failed(operation: &'static str) -> PortError {
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
    pub(crate) fn states(&self) -> Vec<keywheel_core::contract::notice_record::NoticeState> {
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

/// What templates see of the digest.
pub(crate) fn context(digest: &Digest) -> DigestContext {
    DigestContext::new(digest, &digest.entries.iter().collect::<Vec<_>>(), SENDER)
}

pub(crate) fn rendered(digest: &Digest) -> Rendered {
    let templates = Templates::<&Shelf>::new(None).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (rendered, fallback) = runtime.block_on(templates.render(&context(digest))).unwrap();
    assert_eq!(fallback, None);
    rendered
}

/// Writes the mail where `KEYWHEEL_MAILS` says, to be looked at in a browser.
pub(crate) fn keep(name: &str, mail: &Rendered) {
    let Some(folder) = std::env::var_os("KEYWHEEL_MAILS") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.html")), &mail.html).unwrap();
    std::fs::write(folder.join(format!("{name}.txt")), format!("Subject: {}\n\n{}", mail.subject, mail.text)).unwrap();
}
