//! Which notices a mail had: `<prefix>notices/<account>/mails/<message id>.json`, for when it comes back.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, NoticeId};

/// The notices of one mail that was taken. Holds no address and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedNotices {
    /// The version of this shape.
    pub schema_version: u32,
    /// The account that they are about.
    pub account: AccountId,
    /// The mailer's own id of the message.
    pub message_id: String,
    /// The notices.
    pub notice_ids: Vec<NoticeId>,
}
