use jiff::Timestamp;
use keywheel_engine::deployment::{ParameterOptions, SecretOptions};
use keywheel_engine::ports::{Clock, LedgerStore, NoticeStore, PairEncryption, Parameters, Ports, Secrets};

use crate::{
    AgeEncryption, AwsAcknowledgements, AwsIam, AwsParameters, AwsProver, AwsSecrets, S3State, SdkConfig, Session,
    SystemClock,
};

/// The ports of one account, for one run. Whoever only looks has stores of its own, which take nothing.
#[derive(Debug)]
pub struct AccountPorts<S = AwsSecrets, P = AwsParameters, M = S3State, E = AgeEncryption, C = SystemClock> {
    iam: AwsIam,
    prover: AwsProver,
    acknowledgements: AwsAcknowledgements,
    stores: Stores<S, P, M, E>,
    clock: C,
}

/// What a run writes to, besides IAM.
#[derive(Debug)]
pub struct Stores<S, P, M, E> {
    /// Where pairs are kept.
    pub secrets: S,
    /// Where some are kept besides.
    pub parameters: P,
    /// The ledgers, and what was told.
    pub memory: M,
    /// What encrypts pairs for their owners.
    pub encryption: E,
}

impl AccountPorts {
    /// IAM and parameters are those of the member session; secrets are where their options say; the state bucket is the hub's.
    /// Look-ups that IAM throttles are given up at `deadline`.
    #[must_use]
    pub fn new(
        member: &Session,
        hub: &SdkConfig,
        secrets: SecretOptions,
        parameters: Option<ParameterOptions>,
        acknowledgements: AwsAcknowledgements,
        state: S3State,
        deadline: Timestamp,
    ) -> Self {
        let stores = Stores {
            secrets: AwsSecrets::new(&member.config, hub, secrets),
            parameters: AwsParameters::new(&member.config, parameters, state.clone()),
            encryption: AgeEncryption::new(state.clone()),
            memory: state,
        };
        Self::with(member, acknowledgements, stores, deadline)
    }
}

impl<S, P, M, E> AccountPorts<S, P, M, E> {
    /// The same with other stores.
    #[must_use]
    pub fn with(
        member: &Session,
        acknowledgements: AwsAcknowledgements,
        stores: Stores<S, P, M, E>,
        deadline: Timestamp,
    ) -> Self {
        let iam = AwsIam::new(&member.config).giving_up_at(deadline);
        Self { iam, prover: AwsProver::new(&member.config), acknowledgements, stores, clock: SystemClock }
    }

    /// The same by another clock.
    #[must_use]
    pub fn by_clock<C: Clock>(self, clock: C) -> AccountPorts<S, P, M, E, C> {
        let Self { iam, prover, acknowledgements, stores, clock: _ } = self;
        AccountPorts { iam, prover, acknowledgements, stores, clock }
    }
}

impl<S, P, M, E, C> Ports for AccountPorts<S, P, M, E, C>
where
    S: Secrets,
    P: Parameters,
    M: LedgerStore + NoticeStore,
    E: PairEncryption,
    C: Clock,
{
    type Iam = AwsIam;
    type Secrets = S;
    type Parameters = P;
    type Acknowledgements = AwsAcknowledgements;
    type Prover = AwsProver;
    type Ledger = M;
    type Notices = M;
    type Encryption = E;
    type Clock = C;

    fn iam(&self) -> &AwsIam {
        &self.iam
    }

    fn secrets(&self) -> &S {
        &self.stores.secrets
    }

    fn parameters(&self) -> &P {
        &self.stores.parameters
    }

    fn acknowledgements(&self) -> &AwsAcknowledgements {
        &self.acknowledgements
    }

    fn prover(&self) -> &AwsProver {
        &self.prover
    }

    fn ledger(&self) -> &M {
        &self.stores.memory
    }

    fn notices(&self) -> &M {
        &self.stores.memory
    }

    fn encryption(&self) -> &E {
        &self.stores.encryption
    }

    fn clock(&self) -> &C {
        &self.clock
    }
}
