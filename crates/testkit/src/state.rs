//! The state bucket: the ledger and the notices.

use std::collections::BTreeMap;

use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::{AccountId, NoticeId};
use keywheel_core::ledger::AccountLedger;
use keywheel_engine::ports::{
    Condition, ErrorKind, LedgerStore, NoticeStore, PortError, ReadFailed, StoredLedger, WriteFailed,
};

use crate::call::{Operation, error};
use crate::world::World;

/// The ledger's object: its text, and how often it was written, which is its ETag.
#[derive(Clone, Debug)]
pub(crate) struct LedgerObject {
    text: Vec<u8>,
    writes: u64,
}

impl LedgerObject {
    pub(crate) fn after(earlier: Option<&Self>, text: Vec<u8>) -> Self {
        Self { text, writes: earlier.map_or(1, |earlier| earlier.writes + 1) }
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    fn condition(&self) -> Condition {
        Condition::Unchanged(format!("\"{}\"", self.writes))
    }
}

impl LedgerStore for World {
    async fn load(&self, account: &AccountId) -> Result<StoredLedger, ReadFailed> {
        let object =
            self.call(Operation::LoadLedger, account.to_string(), |account| Ok(account.ledger.clone())).await?;
        let Some(object) = object else {
            return Ok(StoredLedger { ledger: AccountLedger::new(account.clone()), condition: Condition::Absent });
        };
        Ok(StoredLedger { ledger: AccountLedger::parse(account, &object.text)?, condition: object.condition() })
    }

    async fn save(&self, ledger: &AccountLedger, condition: &Condition) -> Result<Condition, WriteFailed> {
        let saved = self.call(Operation::SaveLedger, ledger.account.to_string(), |account| {
            let found = account.ledger.as_ref().map_or(Condition::Absent, LedgerObject::condition);
            if found != *condition {
                return Err(error(Operation::SaveLedger, ErrorKind::Conflict, "PreconditionFailed"));
            }
            account.set_ledger(ledger);
            Ok(account.ledger.as_ref().map_or(Condition::Absent, LedgerObject::condition))
        });
        saved.await.map_err(|error| match error.kind {
            ErrorKind::Conflict => WriteFailed::Conflict,
            _ => WriteFailed::Failed(error),
        })
    }
}

impl NoticeStore for World {
    async fn find(&self, account: &AccountId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, SentNotice>, PortError> {
        self.call(Operation::FindNotices, account.to_string(), |account| {
            let found = ids.iter().filter_map(|id| Some((id.clone(), account.notices.get(id)?.clone())));
            Ok(found.collect())
        })
        .await
    }

    async fn record(&self, notice: &SentNotice) -> Result<(), PortError> {
        self.call(Operation::RecordNotice, notice.notice_id.to_string(), |account| {
            let is_sent = |id: &NoticeId| account.notices.get(id).is_some_and(|known| known.state == NoticeState::Sent);
            if notice.state == NoticeState::Sent || !is_sent(&notice.notice_id) {
                account.notices.insert(notice.notice_id.clone(), notice.clone());
            }
            Ok(())
        })
        .await
    }
}
