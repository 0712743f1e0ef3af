//! The state bucket and the clock: ledger, notices, and what notification makes of a night.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::{AccountId, NoticeId};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::time::plus;
use keywheel_engine::ports::{
    Clock, Condition, LedgerStore, NoticeStore, PortError, ReadFailed, StoredLedger, WriteFailed,
};

use crate::copy::Copy;

/// So long after a night its mails are sent.
pub(crate) const SENT_AFTER: SignedDuration = SignedDuration::from_secs(5);

impl LedgerStore for Copy {
    async fn load(&self, _: &AccountId) -> Result<StoredLedger, ReadFailed> {
        let state = self.state();
        let condition = Condition::Unchanged(state.writes.to_string());
        Ok(StoredLedger { ledger: state.ledger.clone(), condition })
    }

    async fn save(&self, ledger: &AccountLedger, condition: &Condition) -> Result<Condition, WriteFailed> {
        let mut state = self.state();
        if *condition != Condition::Unchanged(state.writes.to_string()) {
            return Err(WriteFailed::Conflict);
        }
        state.writes += 1;
        state.ledger = ledger.clone();
        Ok(Condition::Unchanged(state.writes.to_string()))
    }
}

impl NoticeStore for Copy {
    async fn find(&self, _: &AccountId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, SentNotice>, PortError> {
        let state = self.state();
        let found = ids.iter().filter_map(|id| Some((id.clone(), state.notices.get(id)?.clone())));
        Ok(found.collect())
    }

    async fn record(&self, notice: &SentNotice) -> Result<(), PortError> {
        self.state().notices.entry(notice.notice_id.clone()).or_insert_with(|| notice.clone());
        Ok(())
    }
}

impl Clock for Copy {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep(&self, time: Duration) {
        let mut state = self.state();
        state.now = plus(state.now, SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
    }
}

impl Copy {
    /// Sends every notice that was not sent yet.
    pub(crate) fn deliver(&self, digests: &[Digest]) {
        let mut state = self.state();
        let at = plus(state.now, SENT_AFTER);
        for digest in digests {
            for id in digest.entries.iter().map(|entry| &entry.notice_id) {
                state
                    .notices
                    .entry(id.clone())
                    .or_insert_with(|| SentNotice::new(digest, id.clone(), NoticeState::Sent, at));
            }
        }
    }
}
