//! A night over the wire: the member session, the engine on the real adapters, the digests, the result.

use keywheel_engine::deployment::{MemberRole, ParameterOptions, SecretOptions};
use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use jiff::SignedDuration;
use keywheel_aws::{
    AgeEncryption, AwsAcknowledgements, AwsIam, AwsParameters, AwsProver, AwsSecrets, LambdaInvoker, S3State,
    SdkConfig, Session, load_config_with,
};
use keywheel_core::policy::Mode;
use keywheel_core::time::plus;
use keywheel_engine::account::{Account, AccountRun, Run, look_after};
use keywheel_engine::ports::{Invoker, Ports, RunStore};
use keywheel_testkit::{Night, PARAMETER_PREFIX};

use crate::request::OWN_KEY;
use crate::state::{BUCKET, PREFIX};
use crate::time::Time;
use crate::wire::Wire;

/// The real adapters of one account, on the model's time.
struct RealPorts {
    iam: AwsIam,
    secrets: AwsSecrets,
    parameters: AwsParameters,
    acknowledgements: AwsAcknowledgements,
    prover: AwsProver,
    state: S3State,
    encryption: AgeEncryption,
    time: Time,
}

impl Ports for RealPorts {
    type Iam = AwsIam;
    type Secrets = AwsSecrets;
    type Parameters = AwsParameters;
    type Acknowledgements = AwsAcknowledgements;
    type Prover = AwsProver;
    type Ledger = S3State;
    type Notices = S3State;
    type Encryption = AgeEncryption;
    type Clock = Time;

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
    fn clock(&self) -> &Time {
        &self.time
    }
}

/// How a night ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What was found and done; the words of the failure when there was no session, or no run.
    pub(crate) run: Result<AccountRun, String>,
    /// What could not be handed over or stored after the run.
    pub(crate) failures: Vec<String>,
}

/// The shipped configuration: its time-outs and its retries.
fn shipped() -> &'static SdkConfig {
    static SHIPPED: OnceLock<SdkConfig> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let credentials = Credentials::new(OWN_KEY, "own-secret", None, None, "test");
        let load = load_config_with(|loader| {
            let loader = loader.region(aws_config::Region::new("eu-central-1")).endpoint_url("http://aws.test");
            loader.credentials_provider(credentials)
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(load).unwrap()
    })
}

fn config(wire: &Wire) -> SdkConfig {
    let time = &wire.time;
    let builder = shipped().to_builder().http_client(wire.clone());
    builder.sleep_impl(SharedAsyncSleep::new(time.clone())).time_source(SharedTimeSource::new(time.clone())).build()
}

/// A session in the account, by the role that Keywheel has there.
pub(crate) async fn session(wire: &Wire) -> Result<Session, keywheel_aws::SessionFailed> {
    let (account, night) = {
        let account = wire.world.account();
        (account.id.clone(), account.night)
    };
    let role = MemberRole { name: "keywheel".to_owned(), external_id: None };
    Session::of_member(&config(wire), &account, &role, &format!("night-{night}").parse().unwrap()).await
}

/// A night, from the first call to the last.
pub(crate) fn night(wire: &Wire) -> Ended {
    wire.world.account().night += 1;
    wire.time.run(async {
        match session(wire).await {
            Ok(session) => Box::pin(in_session(wire, &session)).await,
            Err(error) => Ended { run: Err(format!("{error} {error:?}")), failures: Vec::new() },
        }
    })
}

async fn in_session(wire: &Wire, session: &Session) -> Ended {
    let state = S3State::new(&config(wire), BUCKET, PREFIX);
    let options = ParameterOptions { prefix: PARAMETER_PREFIX.to_owned(), kms_key_id: None };
    let replica_regions = wire.world.account().replica_regions.iter().cloned().collect();
    let ports = RealPorts {
        iam: AwsIam::new(&session.config),
        secrets: AwsSecrets::new(
            &session.config,
            &session.config,
            SecretOptions { replica_regions, ..SecretOptions::default() },
        ),
        parameters: AwsParameters::new(&session.config, Some(options), state.clone()),
        acknowledgements: AwsAcknowledgements::new(&session.config, None),
        prover: AwsProver::new(&session.config),
        state: state.clone(),
        encryption: AgeEncryption::new(state.clone()),
        time: wire.time.clone(),
    };
    let looked_after = look_after(&ports, &run(wire), &account(session), &Night::with_parameters().settings).await;
    let run = match looked_after {
        Ok(run) => run,
        Err(error) => return Ended { run: Err(format!("{error} {error:?}")), failures: Vec::new() },
    };
    let mut failures = Vec::new();
    let invoker = LambdaInvoker::new(&config(wire), Duration::ZERO);
    for digest in &run.digests {
        let handed_over = invoker.invoke("notification", &serde_json::to_value(digest).unwrap()).await;
        failures.extend(handed_over.err().map(|error| error.to_string()));
    }
    failures.extend(state.put_result(&run.result).await.err().map(|error| error.to_string()));
    Ended { run: Ok(run), failures }
}

fn run(wire: &Wire) -> Run {
    let account = wire.world.account();
    Run {
        id: format!("night-{}", account.night).parse().unwrap(),
        mode: Mode::Enforce,
        writer: format!("writer-{}", account.night),
        deadline: plus(account.now, SignedDuration::from_mins(15)),
        forced: Vec::new(),
        sweep: false,
        clock_is_off: false,
        explicit: None,
        reviewed: None,
        inherited: None,
    }
}

fn account(session: &Session) -> Account {
    let night = Night::default();
    Account {
        id: session.account.clone(),
        name: night.account_name,
        email: night.email,
        partition: session.partition.clone(),
        region: "eu-central-1".to_owned(),
        writers: session.writers.clone(),
    }
}
