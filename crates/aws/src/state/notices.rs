use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::clean::quoted;
use keywheel_core::contract::LONGEST_REASON;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::{AccountId, NoticeId};
use keywheel_engine::ports::{ErrorKind, NoticeStore, PortError};

use super::{GET, Object, S3State};
use crate::error::one_line;

/// Objects that are read at a time.
const AT_ONCE: usize = 16;

impl S3State {
    pub(super) fn notice_key(&self, account: &AccountId, id: &NoticeId) -> String {
        self.key(&format!("notices/{account}/{id}.json"))
    }

    async fn notice(&self, account: &AccountId, id: NoticeId) -> Result<Option<(NoticeId, SentNotice)>, PortError> {
        let key = self.notice_key(account, &id);
        let Some(object) = self.get(&key).await? else {
            return Ok(None);
        };
        Ok(Some((id, self.notice_in(&key, &object)?)))
    }

    /// The record that the object holds.
    pub(super) fn notice_in(&self, key: &str, object: &Object) -> Result<SentNotice, PortError> {
        serde_json::from_slice(&object.bytes).map_err(|error| PortError {
            operation: GET,
            kind: ErrorKind::Invalid,
            message: one_line(&format!(
                "s3://{}/{key} is not a notice's record ({}); restore an earlier version of the object, or delete it: the notice is then sent again",
                self.bucket,
                quoted(&error.to_string(), LONGEST_REASON)
            )),
        })
    }
}

/// Whether the object is the record of a notice that was sent; one that cannot be read is replaced.
fn is_of_sent(object: &Object) -> bool {
    serde_json::from_slice::<SentNotice>(&object.bytes).is_ok_and(|notice| notice.state == NoticeState::Sent)
}

impl NoticeStore for S3State {
    async fn find(&self, account: &AccountId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, SentNotice>, PortError> {
        let lookups: Vec<_> = ids.iter().map(|id| self.notice(account, id.clone())).collect();
        let found = stream::iter(lookups).buffer_unordered(AT_ONCE);
        found.try_filter_map(async |record| Ok(record)).try_collect().await
    }

    async fn record(&self, notice: &SentNotice) -> Result<(), PortError> {
        let key = self.notice_key(&notice.account, &notice.notice_id);
        match notice.state {
            NoticeState::Sent => self.put_whole(&key, notice).await,
            // Another invocation with the same event may have recorded meanwhile that it was sent.
            NoticeState::Deferred | NoticeState::Bounced => {
                let unless_sent = |standing: Option<&Object>| Ok((!standing.is_some_and(is_of_sent)).then_some(notice));
                self.update(&key, None, unless_sent).await.map(|_| ())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::wire::{Answer, Sent, Wire};

    /// One object, with its conditions: its text, and how often it was written.
    fn bucket(object: &Arc<Mutex<(String, u64)>>) -> impl Fn(usize, &Sent) -> Answer + use<> {
        let object = Arc::clone(object);
        let etag = |writes: u64| if writes == 1 { "\"1\"" } else { "\"many\"" };
        move |_, sent| {
            let mut object = object.lock().unwrap();
            if !sent.uri.contains("PutObject") {
                return Answer::WithHeaders(200, vec![("etag", etag(object.1))], object.0.clone());
            }
            let is_new = sent.header("if-none-match").is_none_or(|_| object.1 == 0);
            let is_same = sent.header("if-match").is_none_or(|expected| expected == etag(object.1));
            if !(is_new && is_same) {
                return Answer::Status(412, "<Error><Code>PreconditionFailed</Code></Error>".to_owned());
            }
            *object = (sent.body.clone(), object.1 + 1);
            Answer::WithHeaders(200, vec![("etag", etag(object.1))], String::new())
        }
    }

    fn notice(state: NoticeState) -> SentNotice {
        SentNotice {
            schema_version: 1,
            notice_id: "a".repeat(32).parse().unwrap(),
            account: "111122223333".parse().unwrap(),
            run_id: "run-1".parse().unwrap(),
            state,
            at: "2026-11-20T02:00:07Z".parse().unwrap(),
            message_id: None,
            detail: None,
        }
    }

    #[tokio::test]
    async fn what_is_recorded_as_sent_stays_so_and_all_else_gives_way() {
        use NoticeState::{Bounced, Deferred, Sent};
        for (first, second, stands) in [
            (Sent, Deferred, Sent),
            (Sent, Bounced, Sent),
            (Deferred, Bounced, Bounced),
            (Bounced, Deferred, Deferred),
            (Deferred, Sent, Sent),
        ] {
            let object = Arc::default();
            let wire = Wire::new(bucket(&object));
            let state = S3State::new(&wire.config(), "state", "keywheel/");
            state.record(&notice(first)).await.unwrap();
            state.record(&notice(second)).await.unwrap();
            let kept: SentNotice = serde_json::from_str(&object.lock().unwrap().0).unwrap();
            assert_eq!(kept.state, stands, "{first:?}, then {second:?}");
        }
    }
}
