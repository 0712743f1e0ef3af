use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::id::{AccountId, NoticeId};
use keywheel_engine::ports::{ErrorKind, NoticeStore, PortError};

use super::{GET, S3State};
use crate::error::one_line;

/// Objects that are read at a time.
const AT_ONCE: usize = 16;

impl S3State {
    fn notice_key(&self, account: &AccountId, id: &NoticeId) -> String {
        self.key(&format!("notices/{account}/{id}.json"))
    }

    async fn notice(&self, account: &AccountId, id: NoticeId) -> Result<Option<(NoticeId, SentNotice)>, PortError> {
        let key = self.notice_key(account, &id);
        let Some(object) = self.get(&key).await? else {
            return Ok(None);
        };
        let notice = serde_json::from_slice(&object.bytes).map_err(|error| PortError {
            operation: GET,
            kind: ErrorKind::Invalid,
            message: one_line(&format!(
                "s3://{}/{key} is not a notice's record ({error}); restore an earlier version of the object, or delete it: the notice is then sent again",
                self.bucket
            )),
        })?;
        Ok(Some((id, notice)))
    }
}

impl NoticeStore for S3State {
    async fn find(&self, account: &AccountId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, SentNotice>, PortError> {
        let lookups: Vec<_> = ids.iter().map(|id| self.notice(account, id.clone())).collect();
        let found = stream::iter(lookups).buffer_unordered(AT_ONCE);
        found.try_filter_map(async |record| Ok(record)).try_collect().await
    }

    async fn record(&self, notice: &SentNotice) -> Result<(), PortError> {
        self.put_whole(&self.notice_key(&notice.account, &notice.notice_id), notice).await
    }
}
