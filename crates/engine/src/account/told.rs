//! Which notices were sent, and which are asked for now.

use std::collections::BTreeSet;

use keywheel_core::Timestamp;
use keywheel_core::id::{AccessKeyId, NoticeId, UserName};
use keywheel_core::ledger::{AccountLedger, NoticeRecord, UserRecord};
use keywheel_core::notice::NoticeKind;

use super::telling::Telling;
use crate::ports::{NoticeStore, PortError};

/// Fills in what notification has recorded of the notices that were asked for, for every user of the ledger.
pub(super) async fn fill_in_sent<N: NoticeStore>(
    notices: &N,
    ledger: &mut AccountLedger,
    now: Timestamp,
) -> Result<(), PortError> {
    let all = ledger.users.values().flat_map(records);
    let awaited: Vec<NoticeId> = all.flat_map(|(.., notice)| notice.awaited().cloned()).collect();
    if awaited.is_empty() {
        return Ok(());
    }
    let found = notices.find(&ledger.account, &awaited).await?;
    for user in ledger.users.values_mut() {
        let (told_before, undelivered) = (mail_news_told(user), undelivered_before(user));
        for key in user.keys.values_mut() {
            key.note_sent(now, |id| found.get(id).map(|notice| (notice.state, notice.at)));
        }
        if mail_news_told(user) > told_before {
            forget_undelivered(user, |key, kind| undelivered.contains(&(key.clone(), kind.clone())));
        }
    }
    Ok(())
}

/// Nobody reads along any more.
pub(super) fn forget_copies(ledger: &mut AccountLedger) {
    let keys = ledger.users.values_mut().flat_map(|user| user.keys.values_mut());
    keys.flat_map(|key| key.notices.values_mut()).for_each(|notice| notice.copies.clear());
}

/// How often somebody was told that mail does not reach an owner of the user's keys.
fn mail_news_told(user: &UserRecord) -> usize {
    records(user).filter(|(_, kind, notice)| kind.is_about_mail() && notice.sent.is_some()).count()
}

/// The notices that are known, from an earlier night, not to have reached somebody.
fn undelivered_before(user: &UserRecord) -> BTreeSet<(AccessKeyId, NoticeKind)> {
    let lost = records(user).filter(|(.., notice)| notice.sent.is_some() && !notice.undelivered.is_empty());
    lost.map(|(key, kind, _)| (key.clone(), kind.clone())).collect()
}

fn forget_undelivered(user: &mut UserRecord, which: impl Fn(&AccessKeyId, &NoticeKind) -> bool) {
    for (key, record) in &mut user.keys {
        let told = record.notices.iter_mut().filter(|(kind, _)| which(key, kind));
        told.for_each(|(_, notice)| notice.undelivered.clear());
    }
}

fn records(user: &UserRecord) -> impl Iterator<Item = (&AccessKeyId, &NoticeKind, &NoticeRecord)> {
    user.keys.iter().flat_map(|(key, record)| record.notices.iter().map(move |(kind, notice)| (key, kind, notice)))
}

/// Forgets what did not reach these users' owners, but where somebody is told of it now: that stands until it is known to be sent.
pub(super) fn note_reported<'a>(
    ledger: &mut AccountLedger,
    users: impl Iterator<Item = &'a UserName>,
    tellings: &[Telling],
) {
    let told_now: BTreeSet<_> =
        tellings.iter().filter(|telling| telling.kind.is_about_mail()).map(|telling| &telling.user).collect();
    for user in users.filter(|user| !told_now.contains(user)) {
        if let Some(record) = ledger.users.get_mut(user) {
            forget_undelivered(record, |_, _| true);
        }
    }
}

/// Writes down that these notices are asked for. One that was asked for before keeps its first date.
pub(super) fn note_asked(ledger: &mut AccountLedger, tellings: &[Telling], now: Timestamp) {
    for telling in tellings {
        let key = ledger.key_mut(&telling.user, &telling.user_id, &telling.key);
        let record = key.notices.entry(telling.kind.clone()).or_insert_with(|| NoticeRecord::new(now));
        let (ids, copies) = telling.ids();
        if telling.is_copy {
            // An episode that began since, or another SECURITY_EMAIL, makes other ids.
            record.copies = ids;
        } else {
            record.ids = ids;
            record.copies = if telling.kind.comes_once() { copies } else { Vec::new() };
        }
    }
}
