use jiff::Timestamp;
use keywheel_engine::ports::Ports;

use crate::{
    AgeEncryption, AwsAcknowledgements, AwsIam, AwsParameters, AwsProver, AwsSecrets, ParameterOptions, S3State,
    SecretOptions, SecretStore, Session, SystemClock,
};

/// The ports of one account, for one run.
#[derive(Debug)]
pub struct AccountPorts {
    iam: AwsIam,
    secrets: AwsSecrets,
    parameters: AwsParameters,
    acknowledgements: AwsAcknowledgements,
    prover: AwsProver,
    state: S3State,
    encryption: AgeEncryption,
    clock: SystemClock,
}

impl AccountPorts {
    /// IAM is that of the member session; secrets are where `store` says. Parameters are the member session's. The state bucket is the hub's. Look-ups that IAM throttles are given up at `deadline`.
    #[must_use]
    pub fn new(
        member: &Session,
        store: SecretStore<'_>,
        options: SecretOptions,
        parameters: Option<ParameterOptions>,
        acknowledgements: AwsAcknowledgements,
        state: S3State,
        deadline: Timestamp,
    ) -> Self {
        Self {
            iam: AwsIam::new(&member.config).giving_up_at(deadline),
            secrets: AwsSecrets::kept_in(&member.config, store, options),
            parameters: AwsParameters::new(&member.config, parameters, state.clone()),
            acknowledgements,
            prover: AwsProver::new(&member.config),
            encryption: AgeEncryption::new(state.clone()),
            state,
            clock: SystemClock,
        }
    }
}

impl Ports for AccountPorts {
    type Iam = AwsIam;
    type Secrets = AwsSecrets;
    type Parameters = AwsParameters;
    type Acknowledgements = AwsAcknowledgements;
    type Prover = AwsProver;
    type Ledger = S3State;
    type Notices = S3State;
    type Encryption = AgeEncryption;
    type Clock = SystemClock;

    fn iam(&self) -> &AwsIam {
        &self.iam
    }

    fn secrets(&self) -> &AwsSecrets {
        &self.secrets
    }

    fn parameters(&self) -> &AwsParameters {
        &self.parameters
    }

    fn acknowledgements(&self) -> &AwsAcknowledgements {
        &self.acknowledgements
    }

    fn prover(&self) -> &AwsProver {
        &self.prover
    }

    fn ledger(&self) -> &S3State {
        &self.state
    }

    fn notices(&self) -> &S3State {
        &self.state
    }

    fn encryption(&self) -> &AgeEncryption {
        &self.encryption
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}
