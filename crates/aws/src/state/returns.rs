//! Mails that came back: which notices they had, and that those did not arrive.

use jiff::Timestamp;
use keywheel_core::clean::quoted;
use keywheel_core::contract::LONGEST_REASON;
use keywheel_core::contract::mailed::MailedNotices;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::NoticeId;
use keywheel_engine::ports::PortError;
use keywheel_mail::ports::MailedStore;

use super::{GET, Object, S3State};
use crate::error::bad_answer;

impl S3State {
    fn mail_key(&self, message_id: &str) -> String {
        // No account is called so.
        self.key(&format!("notices/mails/{message_id}.json"))
    }

    /// Notes which notices a mail had, for when it comes back.
    ///
    /// # Errors
    /// When S3 does not take it.
    pub async fn note_mail(&self, mail: &MailedNotices) -> Result<(), PortError> {
        self.put_whole(&self.mail_key(&mail.message_id), mail).await
    }
}

impl MailedStore for S3State {
    async fn mailed(&self, message_id: &str) -> Result<Option<MailedNotices>, PortError> {
        let key = self.mail_key(message_id);
        let Some(object) = self.get(&key).await? else { return Ok(None) };
        let mail = serde_json::from_slice(&object.bytes);
        mail.map(Some).map_err(|error| {
            let why = quoted(&error.to_string(), LONGEST_REASON);
            bad_answer(GET, format_args!("s3://{}/{key}: {why}", self.bucket))
        })
    }

    async fn note_return(
        &self,
        mail: &MailedNotices,
        id: &NoticeId,
        why: &str,
        at: Timestamp,
    ) -> Result<bool, PortError> {
        let key = self.notice_key(&mail.account, id);
        let came_back = |standing: Option<&Object>| {
            let Some(record) = standing.map(|object| self.notice_in(&key, object)).transpose()? else {
                return Ok(None);
            };
            let is_this_mails =
                record.message_id.as_ref() == Some(&mail.message_id) && record.state == NoticeState::Sent;
            let detail = Some(why.to_owned());
            Ok(is_this_mails.then_some(SentNotice { state: NoticeState::Bounced, at, detail, ..record }))
        };
        self.update(&key, self.get(&key).await?, came_back).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use keywheel_engine::ports::NoticeStore;

    use super::*;
    use crate::wire::{Answer, Sent, Wire};

    const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const MAIL: &str = "0102018f-000000";

    /// A bucket of objects by their paths.
    fn bucket() -> impl Fn(usize, &Sent) -> Answer + use<> {
        let objects: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
        move |_, sent| {
            let (path, _) = sent.uri.split_once('?').unwrap_or((&sent.uri, ""));
            let mut objects = objects.lock().unwrap();
            if sent.uri.contains("PutObject") {
                objects.insert(path.to_owned(), sent.body.clone());
                return Answer::WithHeaders(200, vec![("etag", "\"new\"")], String::new());
            }
            match objects.get(path) {
                Some(text) => Answer::WithHeaders(200, vec![("etag", "\"one\"")], text.clone()),
                None => Answer::Status(404, "<Error><Code>NoSuchKey</Code></Error>".to_owned()),
            }
        }
    }

    fn mail(message_id: &str) -> MailedNotices {
        MailedNotices {
            schema_version: 1,
            account: "111122223333".parse().unwrap(),
            message_id: message_id.to_owned(),
            notice_ids: vec![ID.parse().unwrap()],
        }
    }

    fn sent(message_id: &str, state: NoticeState) -> SentNotice {
        SentNotice {
            schema_version: 1,
            notice_id: ID.parse().unwrap(),
            account: "111122223333".parse().unwrap(),
            run_id: "run-1".parse().unwrap(),
            state,
            at: "2026-11-20T02:00:07Z".parse().unwrap(),
            message_id: Some(message_id.to_owned()),
            detail: None,
        }
    }

    async fn after_a_return_of(first: SentNotice) -> (bool, SentNotice) {
        let wire = Wire::new(bucket());
        let state = S3State::new(&wire.config(), "state", "keywheel/");
        state.record(&first).await.unwrap();
        state.note_mail(&mail(MAIL)).await.unwrap();
        let found = state.mailed(MAIL).await.unwrap().unwrap();
        assert_eq!(found, mail(MAIL));
        let at = "2026-11-20T02:01:00Z".parse().unwrap();
        let noted = state.note_return(&found, &found.notice_ids[0], "it came back (General)", at).await.unwrap();
        (noted, state.find(&found.account, &found.notice_ids).await.unwrap().remove(&found.notice_ids[0]).unwrap())
    }

    #[tokio::test]
    async fn the_notices_of_a_mail_that_came_back_did_not_arrive() {
        let (noted, record) = after_a_return_of(sent(MAIL, NoticeState::Sent)).await;
        assert!(noted);
        assert_eq!((record.state, record.detail.as_deref()), (NoticeState::Bounced, Some("it came back (General)")));
        assert_eq!(record.at, "2026-11-20T02:01:00Z".parse().unwrap());
    }

    #[tokio::test]
    async fn what_a_later_mail_brought_stands() {
        let later = sent("0102018f-111111", NoticeState::Sent);
        assert_eq!(after_a_return_of(later.clone()).await, (false, later));
    }

    #[tokio::test]
    async fn a_mail_of_somebody_else_is_unknown() {
        let wire = Wire::new(bucket());
        assert_eq!(S3State::new(&wire.config(), "state", "").mailed("0102018f-222222").await, Ok(None));
    }
}
