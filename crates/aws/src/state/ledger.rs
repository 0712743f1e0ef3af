use keywheel_core::id::AccountId;
use keywheel_core::ledger::AccountLedger;
use keywheel_engine::ports::{Condition, ErrorKind, LedgerStore, ReadFailed, StoredLedger, WriteFailed};

use super::failure::object_error;
use super::{PUT, S3State};
use crate::error::{bad_answer, code};

impl S3State {
    fn ledger_key(&self, account: &AccountId) -> String {
        self.key(&format!("ledger/{account}.json"))
    }
}

impl LedgerStore for S3State {
    async fn load(&self, account: &AccountId) -> Result<StoredLedger, ReadFailed> {
        let Some(object) = self.get(&self.ledger_key(account)).await? else {
            return Ok(StoredLedger { ledger: AccountLedger::new(account.clone()), condition: Condition::Absent });
        };
        let ledger = AccountLedger::parse(account, &object.bytes)?;
        Ok(StoredLedger { ledger, condition: Condition::Unchanged(object.etag) })
    }

    async fn save(&self, ledger: &AccountLedger, condition: &Condition) -> Result<Condition, WriteFailed> {
        let key = self.ledger_key(&ledger.account);
        let request = self.put(&key, ledger).map_err(WriteFailed::Failed)?;
        let request = match condition {
            Condition::Absent => request.if_none_match("*"),
            Condition::Unchanged(etag) => request.if_match(etag),
        };
        let written = request.send().await.map_err(|error| {
            let failure = object_error(PUT, &self.bucket, &key, &error);
            // If-Match on an object that was deleted in between is answered with 404 NoSuchKey (S3 user guide, "conditional writes").
            let gone = code(&error) == Some("NoSuchKey");
            if gone || failure.kind == ErrorKind::Conflict {
                WriteFailed::Conflict
            } else {
                WriteFailed::Failed(failure)
            }
        })?;
        let etag = written.e_tag.ok_or_else(|| WriteFailed::Failed(bad_answer(PUT, "it has no ETag")))?;
        Ok(Condition::Unchanged(etag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Wire};

    fn ledger() -> AccountLedger {
        AccountLedger::new("111122223333".parse().unwrap())
    }

    fn error(status: u16, code: &str) -> Answer {
        Answer::Status(status, format!("<Error><Code>{code}</Code><Message>words</Message></Error>"))
    }

    #[tokio::test]
    async fn writes_say_on_what_they_depend() {
        let wire = Wire::new(|_, _| Answer::WithHeaders(200, vec![("etag", "\"two\"")], String::new()));
        let state = S3State::new(&wire.config(), "state", "keywheel/");
        let next = state.save(&ledger(), &Condition::Absent).await.unwrap();
        assert_eq!(next, Condition::Unchanged("\"two\"".to_owned()));
        state.save(&ledger(), &next).await.unwrap();
        let sent = wire.sent();
        assert_eq!((sent[0].header("if-none-match"), sent[0].header("if-match")), (Some("*"), None));
        assert_eq!((sent[1].header("if-none-match"), sent[1].header("if-match")), (None, Some("\"two\"")));
        assert_eq!(sent[0].header("content-type"), Some("application/json"));
    }

    #[tokio::test]
    async fn a_write_that_came_second_is_a_conflict_and_nothing_else_is() {
        for (status, code, conflict) in [
            (412, "PreconditionFailed", true),
            (409, "ConditionalRequestConflict", true),
            (404, "NoSuchKey", true),
            (404, "NoSuchBucket", false),
            (403, "AccessDenied", false),
            (500, "InternalError", false),
        ] {
            let wire = Wire::new(move |_, _| error(status, code));
            let state = S3State::new(&wire.config(), "state", "keywheel/");
            let failed = state.save(&ledger(), &Condition::Unchanged("\"one\"".to_owned())).await.unwrap_err();
            assert_eq!(failed == WriteFailed::Conflict, conflict, "{code}: {failed}");
        }
    }

    #[tokio::test]
    async fn a_missing_bucket_is_not_an_empty_ledger() {
        let wire = Wire::new(|_, _| error(404, "NoSuchBucket"));
        let state = S3State::new(&wire.config(), "no-such-state", "keywheel/");
        let error = state.load(&"111122223333".parse().unwrap()).await.unwrap_err().to_string();
        assert!(error.contains("s3://no-such-state/") && error.contains("create it"), "{error}");
    }
}
