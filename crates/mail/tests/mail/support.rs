//! What the tests share: digests, and stores in memory.

mod kinds_told;
mod memory;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{AccountLabel, Digest, DigestEntry, DigestPeriods, Recipient, RecipientRole};
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, AccountId};
use keywheel_core::observed::KeyUse;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_mail::{DigestContext, Rendered, Sender, Templates};

pub(crate) use kinds_told::{every_kind, planned};
pub(crate) use memory::{Notices, Outbox, Shelf, Stopped};

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
