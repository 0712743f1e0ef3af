//! The templates that this release brings along.

use crate::MailKind;

macro_rules! folder {
    ($name:literal) => {
        [
            include_str!(concat!("../../../../templates/", $name, "/subject.txt")),
            include_str!(concat!("../../../../templates/", $name, "/body.txt")),
            include_str!(concat!("../../../../templates/", $name, "/body.html")),
        ]
    };
}

/// What the mails share.
pub(crate) const BASE: [&str; 3] = folder!("base");

/// The files of a mail's folder.
pub(crate) fn files(kind: MailKind) -> [&'static str; 3] {
    match kind {
        MailKind::Rotated => folder!("rotated"),
        MailKind::Warning => folder!("warning"),
        MailKind::Held => folder!("held"),
        MailKind::Deactivated => folder!("deactivated"),
        MailKind::Deleted => folder!("deleted"),
        MailKind::Retired => folder!("retired"),
        MailKind::Failed => folder!("failed"),
        MailKind::Blocked => folder!("blocked"),
        MailKind::Emergency => folder!("emergency"),
        MailKind::Audit => folder!("audit"),
        MailKind::Digest => folder!("digest"),
    }
}
