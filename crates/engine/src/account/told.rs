//! Which notices were sent, and which are asked for now.

use std::collections::BTreeMap;

use keywheel_core::Timestamp;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::{AccessKeyId, NoticeId, UserName};
use keywheel_core::ledger::{AccountLedger, NoticeRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::time::{Days, after};

use super::digests::Telling;
use super::unreachable::Undelivered;
use crate::ports::{NoticeStore, PortError};

/// For so long a mail that was refused or came back is news.
const NEWS: Days = Days(7);

/// Fills in what notification has recorded of the notices that were asked for, and returns those that did not reach somebody.
pub(super) async fn fill_in_sent<N: NoticeStore>(
    notices: &N,
    ledger: &mut AccountLedger,
    now: Timestamp,
) -> Result<Vec<Undelivered>, PortError> {
    let unsent: Vec<NoticeId> = records(ledger)
        .filter(|(.., notice)| notice.sent.is_none())
        .flat_map(|(.., notice)| notice.ids.clone())
        .collect();
    if unsent.is_empty() {
        return Ok(Vec::new());
    }
    let found = notices.find(&ledger.account, &unsent).await?;
    let undelivered = undelivered(ledger, &found, now);
    for key in ledger.users.values_mut().flat_map(|user| user.keys.values_mut()) {
        key.note_sent(now, |id| found.get(id).map(|notice| (notice.state, notice.at)));
    }
    Ok(undelivered)
}

fn undelivered(ledger: &AccountLedger, found: &BTreeMap<NoticeId, SentNotice>, now: Timestamp) -> Vec<Undelivered> {
    let is_news = |notice: &SentNotice| notice.state == NoticeState::Bounced && now < after(notice.at, NEWS);
    let has_bounced = |id: &&NoticeId| found.get(*id).is_some_and(is_news);
    let all = records(ledger).filter(|(.., notice)| notice.sent.is_none());
    let bounced = all.map(|(user, key, kind, notice)| Undelivered {
        user: user.clone(),
        key: key.clone(),
        kind: kind.clone(),
        ids: notice.ids.iter().filter(has_bounced).cloned().collect(),
    });
    bounced.filter(|notice| !notice.ids.is_empty() && !notice.is_about_this()).collect()
}

fn records(ledger: &AccountLedger) -> impl Iterator<Item = (&UserName, &AccessKeyId, &NoticeKind, &NoticeRecord)> {
    let keys = ledger.users.iter().flat_map(|(user, record)| record.keys.iter().map(move |key| (user, key)));
    keys.flat_map(|(user, (key, record))| record.notices.iter().map(move |(kind, notice)| (user, key, kind, notice)))
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
