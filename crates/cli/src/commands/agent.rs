//! `keywheel agent`: keeps the keys of a host up to date, with the key that the host has.

mod forget;
mod passes;
mod process;
mod status;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use keywheel_agent::{Agent, Failure, Home, Place, RealAws, RealDisk, Source, SystemClock, host_name};
use keywheel_core::id::HostName;

use crate::aws::AwsArguments;
use crate::exit::{Ended, usage};
use crate::printer::Printer;

const EXITS: &str = "\
Exit codes, for monitoring: 0 the host has the present key, 2 wrong usage, 10 AWS does not take the key in the file, 11 the clock is off,
12 AWS cannot be reached, 13 a file cannot be written, 14 the file is broken or has no such key, 15 another agent is at work, 16 the user may
not fetch its key, 17 the new key does not work yet, 18 installed, but not acknowledged, 19 the new key is somebody else's, 20 no key is handed
out, 21 another key is handed out without its secret half, 3 (status) the host does not have the present key, 1 anything else. In each case a key that worked still does.";

/// How long a new key may take to work.
const PATIENCE: Duration = Duration::from_secs(90);

/// What to do with the keys of this host.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Fetch, prove, install and acknowledge the present key, once
    #[command(after_help = EXITS)]
    Once(Box<Arguments>),
    /// Do so again and again
    #[command(after_help = EXITS)]
    Watch(Box<watch::Arguments>),
    /// Show which key the host has and which it should have, and change nothing
    #[command(after_help = EXITS)]
    Status(Box<Arguments>),
    /// Print the key for an SDK's `credential_process`, and keep it up to date
    #[command(after_help = EXITS)]
    CredentialProcess(Box<process::Arguments>),
    /// Forget a host that is gone: its acknowledgement holds no key any more
    Forget(Box<forget::Arguments>),
}

/// The flags of every verb on a host.
#[derive(Debug, clap::Args)]
#[group(id = "host-arguments")]
pub(crate) struct Arguments {
    /// The profiles to look after, with commas between [default: --profile, AWS_PROFILE, default]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    profiles: Vec<String>,
    /// The file that holds them [default: the SDKs' credentials, then their config]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Name or ARN of the secret that hands the key out [default: the one that Keywheel gives the user]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["parameter", "parameter_prefix"])]
    secret: Option<String>,
    /// Name of a parameter that hands the key out, in the place of a secret
    #[arg(long, value_name = "NAME", conflicts_with = "parameter_prefix")]
    parameter: Option<String>,
    /// PARAMETER_PREFIX of the deployment: the parameter below it that Keywheel gives the user, in the place of a secret
    #[arg(long, value_name = "PREFIX")]
    parameter_prefix: Option<String>,
    /// Bucket in which the host acknowledges [default: ACK_BUCKET; none: it does not]
    #[arg(long, value_name = "NAME")]
    ack_bucket: Option<String>,
    /// Region of that bucket [default: that of the other calls]
    #[arg(long, value_name = "REGION")]
    ack_region: Option<String>,
    /// The name by which the host acknowledges [default: its host name]
    #[arg(long, value_name = "NAME")]
    host: Option<HostName>,
}

/// Keeps the keys of this host, or forgets one.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, verb: &Verb) -> anyhow::Result<Ended> {
    match verb {
        Verb::Once(arguments) => passes::once(printer, aws, arguments).await,
        Verb::Watch(arguments) => watch::run(printer, aws, arguments).await,
        Verb::Status(arguments) => status::run(printer, aws, arguments).await,
        Verb::CredentialProcess(arguments) => process::run(printer, aws, arguments).await,
        Verb::Forget(arguments) => forget::run(printer, aws, arguments).await,
    }
}

/// The bucket that a flag or the environment names.
fn ack_bucket(flag: Option<&String>) -> Option<String> {
    flag.cloned().or_else(|| std::env::var("ACK_BUCKET").ok()).filter(|name| !name.is_empty())
}

impl Arguments {
    fn profiles(&self, aws: &AwsArguments) -> Vec<String> {
        if !self.profiles.is_empty() {
            return self.profiles.clone();
        }
        vec![aws.profile().unwrap_or_else(|| "default".to_owned())]
    }

    /// The file that holds the profile's key.
    fn place(&self, profile: &str) -> anyhow::Result<Result<Place, Failure>> {
        if let Some(file) = &self.file {
            return Ok(Ok(Place::of_file(file.clone(), profile)));
        }
        let home = std::env::home_dir();
        let home = Home::of(home.as_deref(), |name| std::env::var(name).ok());
        let home = home.ok_or_else(|| usage("there is no home folder", "set HOME, or give --file"))?;
        Ok(home.place(&RealDisk, profile))
    }

    fn source(&self) -> Source {
        match (&self.parameter, &self.parameter_prefix) {
            (Some(name), _) => Source::Parameter(name.clone()),
            (None, Some(prefix)) => Source::ParameterBelow(prefix.clone()),
            (None, None) => Source::Secret(self.secret.clone()),
        }
    }

    async fn agent(&self, aws: &AwsArguments, profile: &str) -> anyhow::Result<Agent<RealAws, RealDisk, SystemClock>> {
        // The key that is rotated is in a file of its own then, and the SDKs' profile may well be this very command.
        let aws = if self.file.is_some() { aws.clone() } else { aws.of_profile(profile) };
        let host = self.host.clone().or_else(host_name);
        let host = host.ok_or_else(|| usage("this machine's name is none to acknowledge by", "give --host a name"))?;
        Ok(Agent {
            aws: RealAws::new(aws.load().await?, self.ack_region.clone()),
            disk: RealDisk,
            clock: SystemClock,
            host,
            bucket: ack_bucket(self.ack_bucket.as_ref()),
            patience: PATIENCE,
        })
    }
}
