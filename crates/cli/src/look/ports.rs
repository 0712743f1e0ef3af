//! What a look needs of the world: it reads, and its memory takes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use keywheel_aws::{
    AwsAcknowledgements, AwsIam, AwsProver, AwsSecrets, S3State, SecretOptions, SecretStore, Session, SystemClock,
};
use keywheel_core::contract::notice_record::SentNotice;
use keywheel_core::id::{AccountId, NoticeId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::secret::SecretValue;
use keywheel_engine::ports::{
    Condition, ErrorKind, LedgerStore, NoParameters, NotEncrypted, NoticeStore, PairEncryption, PortError, Ports,
    ReadFailed, StoredLedger, WriteFailed,
};

use super::secrets::LookSecrets;

/// The ports of one account.
pub(super) struct LookPorts {
    iam: AwsIam,
    secrets: LookSecrets,
    acknowledgements: AwsAcknowledgements,
    prover: AwsProver,
    memory: Memory,
    clock: SystemClock,
}

/// What is remembered of the accounts.
#[derive(Clone, Debug)]
pub(super) enum Memory {
    /// What a deployment stored.
    Stored(S3State),
    /// Nothing.
    None,
}

impl LookPorts {
    pub(super) fn new(
        member: &Session,
        store: SecretStore<'_>,
        options: SecretOptions,
        acknowledgements: AwsAcknowledgements,
        memory: Memory,
        deadline: Timestamp,
    ) -> Self {
        Self {
            iam: AwsIam::new(&member.config).giving_up_at(deadline),
            secrets: LookSecrets { aws: AwsSecrets::kept_in(&member.config, store, options), memory: memory.clone() },
            acknowledgements,
            prover: AwsProver::new(&member.config),
            memory,
            clock: SystemClock,
        }
    }
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

impl Ports for LookPorts {
    type Iam = AwsIam;
    type Secrets = LookSecrets;
    type Parameters = NoParameters;
    type Acknowledgements = AwsAcknowledgements;
    type Prover = AwsProver;
    type Ledger = Memory;
    type Notices = Memory;
    type Encryption = Memory;
    type Clock = SystemClock;

    fn iam(&self) -> &AwsIam {
        &self.iam
    }

    fn secrets(&self) -> &LookSecrets {
        &self.secrets
    }

    fn parameters(&self) -> &NoParameters {
        &NoParameters
    }

    fn acknowledgements(&self) -> &AwsAcknowledgements {
        &self.acknowledgements
    }

    fn prover(&self) -> &AwsProver {
        &self.prover
    }

    fn ledger(&self) -> &Memory {
        &self.memory
    }

    fn notices(&self) -> &Memory {
        &self.memory
    }

    fn encryption(&self) -> &Memory {
        &self.memory
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}
