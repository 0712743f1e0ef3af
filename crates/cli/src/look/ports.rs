//! What a look needs of the world: it reads, and its memory takes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use keywheel_aws::{AccountPorts, AwsAcknowledgements, S3State, Session, Stores};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::id::{AccountId, NoticeId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::secret::SecretValue;
use keywheel_engine::ports::{
    Condition, ErrorKind, LedgerStore, NoParameters, NotEncrypted, NoticeStore, PairEncryption, PortError, ReadFailed,
    StoredLedger, WriteFailed,
};

use super::secrets::LookSecrets;

/// The ports of one account.
pub(super) type LookPorts = AccountPorts<LookSecrets, NoParameters, Memory, Memory>;

/// What is remembered of the accounts.
#[derive(Clone, Debug)]
pub(super) enum Memory {
    /// What a deployment stored.
    Stored(S3State),
    /// Nothing.
    None,
}

/// The ports with which an account is looked at.
pub(super) fn look_ports(
    member: &Session,
    secrets: LookSecrets,
    acknowledgements: AwsAcknowledgements,
    deadline: Timestamp,
) -> LookPorts {
    let memory = secrets.memory.clone();
    let stores = Stores { secrets, parameters: NoParameters, memory: memory.clone(), encryption: memory };
    AccountPorts::with(member, acknowledgements, stores, deadline)
}

pub(super) fn nothing_is_written(operation: &'static str) -> PortError {
    PortError { operation, kind: ErrorKind::Denied, message: "a look writes nothing".to_owned() }
}

impl LedgerStore for Memory {
    async fn load(&self, account: &AccountId) -> Result<StoredLedger, ReadFailed> {
        match self {
            Self::Stored(state) => state.load(account).await,
            Self::None => {
                Ok(StoredLedger { ledger: AccountLedger::new(account.clone()), condition: Condition::Absent })
            }
        }
    }

    async fn save(&self, _: &AccountLedger, _: &Condition) -> Result<Condition, WriteFailed> {
        Err(WriteFailed::Failed(nothing_is_written("s3:PutObject")))
    }
}

impl NoticeStore for Memory {
    async fn find(&self, account: &AccountId, ids: &[NoticeId]) -> Result<BTreeMap<NoticeId, SentNotice>, PortError> {
        match self {
            Self::Stored(state) => state.find(account, ids).await,
            Self::None => Ok(BTreeMap::new()),
        }
    }

    async fn record(&self, _: &SentNotice) -> Result<(), PortError> {
        Err(nothing_is_written("s3:PutObject"))
    }
}

impl PairEncryption for Memory {
    async fn encrypt(&self, _: &str, _: &AccountId, _: &UserName, _: &SecretValue) -> Result<String, NotEncrypted> {
        Err(NotEncrypted::for_good("a look makes no pair"))
    }
}
