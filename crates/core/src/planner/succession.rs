//! Which key took over from which, as far as it can be seen tonight.

use crate::id::{AccessKeyId, AccountId};
use crate::ledger::UserRecord;
use crate::observed::ObservedUser;
use crate::planner::standing::Standings;

/// The record with the successors of the active keys noted. A key whose replacement is gone, or was made inactive, begins
/// its way anew: what its owners were told of that replacement says nothing of the next one.
pub(super) fn noted(account: &AccountId, user: &ObservedUser, mut record: UserRecord) -> UserRecord {
    let standings = Standings { account, user, record: &record };
    let active = user.keys.iter().filter(|key| key.is_active());
    let successors: Vec<_> = active.map(|key| (key.id.clone(), standings.successor(&key.id))).collect();
    let works = |id: &AccessKeyId| user.key(id).is_some_and(crate::observed::ObservedKey::is_active);
    for (key, successor) in successors {
        if successor.is_some() {
            record.keys.entry(key).or_default().superseded_by = successor;
        } else if let Some(seen) = record.keys.get_mut(&key)
            && seen.superseded_by.as_ref().is_some_and(|by| !works(by))
        {
            seen.superseded_by = None;
            seen.begin_anew();
        }
    }
    record
}
