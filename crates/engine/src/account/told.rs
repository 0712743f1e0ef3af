//! Which notices were sent, and which are asked for now.

use std::collections::BTreeMap;

use keywheel_core::Timestamp;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::NoticeId;
use keywheel_core::ledger::{AccountLedger, NoticeRecord};

use super::digests::Telling;
use crate::ports::{NoticeStore, PortError};

/// Fills in what notification has recorded of the notices that were asked for.
pub(super) async fn fill_in_sent<N: NoticeStore>(notices: &N, ledger: &mut AccountLedger) -> Result<(), PortError> {
    let unsent: Vec<NoticeId> = records(ledger).filter(|notice| notice.sent.is_none()).flat_map(ids).collect();
    if unsent.is_empty() {
        return Ok(());
    }
    let found = notices.find(&ledger.account, &unsent).await?;
    for key in ledger.users.values_mut().flat_map(|user| user.keys.values_mut()) {
        key.note_sent(|id| sent_at(&found, id));
    }
    Ok(())
}

fn records(ledger: &AccountLedger) -> impl Iterator<Item = &NoticeRecord> {
    ledger.users.values().flat_map(|user| user.keys.values()).flat_map(|key| key.notices.values())
}

fn ids(notice: &NoticeRecord) -> Vec<NoticeId> {
    notice.ids.clone()
}

fn sent_at(found: &BTreeMap<NoticeId, SentNotice>, id: &NoticeId) -> Option<Timestamp> {
    found.get(id).filter(|notice| notice.state == NoticeState::Sent).map(|notice| notice.at)
}

/// Writes down that these notices are asked for. One that was asked for before keeps its first date.
pub(super) fn note_asked(ledger: &mut AccountLedger, tellings: &[Telling], now: Timestamp) {
    for telling in tellings {
        let key = ledger.key_mut(&telling.user, &telling.user_id, &telling.key);
        let ids = telling.counted_ids();
        let record = key.notices.entry(telling.kind.clone());
        record.or_insert_with(|| NoticeRecord { asked: now, ids: Vec::new(), sent: None }).ids = ids;
    }
}
