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
