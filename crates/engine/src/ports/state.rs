use std::collections::BTreeMap;

use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::id::{AccountId, NoticeId};
use keywheel_core::ledger::{AccountLedger, LedgerRefused};

use super::PortError;

/// A ledger as it was read, with what a conditional write of it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLedger {
    /// The ledger.
    pub ledger: AccountLedger,
    /// On what the next write depends.
    pub condition: Condition,
}

/// On what a conditional write depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is no object yet (`If-None-Match: *`).
    Absent,
    /// The object still has this ETag (`If-Match`).
    Unchanged(String),
}

/// A conditional write that did not happen, or of which that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteFailed {
    /// Somebody else wrote in between (412 or 409); or one's own earlier try did, whose answer was lost.
    #[error("the ledger was changed by another run")]
    Conflict,
    /// Anything else.
    #[error("{0}")]
    Failed(PortError),
}

/// A ledger that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFailed {
    /// Its content must not be used.
    #[error("{0}")]
    Refused(#[from] LedgerRefused),
    /// It could not be fetched.
    #[error("{0}")]
    Failed(#[from] PortError),
}

/// Where ledgers live.
pub trait LedgerStore: Send + Sync {
    /// The account's ledger; an empty one when there is none.
    fn load(&self, account: &AccountId) -> impl Future<Output = Result<StoredLedger, ReadFailed>> + Send;

    /// Writes the ledger if the condition still holds; brings the condition of the next write.
    fn save(
        &self,
        ledger: &AccountLedger,
        condition: &Condition,
    ) -> impl Future<Output = Result<Condition, WriteFailed>> + Send;
}

/// What notification recorded of notices.
pub trait NoticeStore: Send + Sync {
    /// The records of these notices; those without a record are left out.
    fn find(
        &self,
        account: &AccountId,
        ids: &[NoticeId],
    ) -> impl Future<Output = Result<BTreeMap<NoticeId, SentNotice>, PortError>> + Send;

    /// Records what became of a notice. One that is recorded as sent stays so.
    fn record(&self, notice: &SentNotice) -> impl Future<Output = Result<(), PortError>> + Send;
}
