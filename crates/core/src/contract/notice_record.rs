//! What notification records of a notice: `<prefix>notices/<account>/<notice id>.json`.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::contract::SCHEMA;
use crate::contract::digest::Digest;
use crate::id::{AccountId, NoticeId, RunId};

/// What became of one notice. Holds no address and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentNotice {
    /// The version of this shape.
    pub schema_version: u32,
    /// The notice.
    pub notice_id: NoticeId,
    /// The account it is about.
    pub account: AccountId,
    /// The run that asked for it.
    pub run_id: RunId,
    /// What became of it.
    pub state: NoticeState,
    /// When that was so.
    pub at: Timestamp,
    /// The mailer's own id of the message, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Why it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl SentNotice {
    /// What became of one of the digest's notices, and when.
    #[must_use]
    pub fn new(digest: &Digest, notice_id: NoticeId, state: NoticeState, at: Timestamp) -> Self {
        let (account, run_id) = (digest.account.id.clone(), digest.run_id.clone());
        Self { schema_version: SCHEMA, notice_id, account, run_id, state, at, message_id: None, detail: None }
    }
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeState {
    /// The mailer took it.
    Sent,
    /// It waits, such as for the day's quota.
    Deferred,
    /// The mailer refused it for good, or it came back.
    Bounced,
}
