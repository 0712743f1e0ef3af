//! News that nobody got, because the run that made them died or their notice was not sent.

use crate::notice::NoticeKind;
use crate::observed::ObservedKey;
use crate::plan::{Step, StepKind};
use crate::planner::step::UserView;
use crate::reason::Reason;

impl UserView<'_> {
    /// Of new pairs whose predecessor works no more, or is not known: nothing waits for these notices, so nothing else repeats them.
    pub(super) fn untold_pairs(&self) -> Vec<Step> {
        let untold = self.user.keys.iter().filter_map(|key| {
            let (kind, new) = self.new_pair(key)?;
            let record = self.record_of(key);
            let is_news = self.is_news(record.asked(&kind)?);
            let step = || self.step(key, StepKind::Warn, Reason::NoticeRepeated).replaced_by(new);
            (is_news && !record.all_know(&kind)).then(|| step().telling(kind))
        });
        untold.collect()
    }

    /// The new pair that a notice at this key tells of.
    fn new_pair<'k>(&'k self, key: &'k ObservedKey) -> Option<(NoticeKind, &'k ObservedKey)> {
        if key.is_active() {
            return Some((NoticeKind::Published, key));
        }
        let new = self.user.key(&self.standings.successor(&key.id)?)?;
        new.is_active().then_some((NoticeKind::Rotated, new))
    }
}
