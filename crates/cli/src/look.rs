//! Looks at many accounts as a night would, changes nothing, and keeps what was seen.
//!
//! `look::at_all(&printer, &aws, "plan", &arguments.look).await?` brings every account with its survey or its failure; `say` tells of the
//! failures, equal ones together, and how the verb ends by them.

mod failures;
mod ports;
mod report;
mod secrets;

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use keywheel_aws::{AwsAcknowledgements, AwsSecrets, S3State, Session};
use keywheel_core::contract::manifest::{ManifestAccount, SkippedAccount};
use keywheel_core::policy::Mode;
use keywheel_core::time::{CLOCK_TOLERANCE, plus};
use keywheel_engine::account::{Account, Run, Settings, Survey, survey};
use keywheel_engine::deployment::MemberRole;
use keywheel_runtime::RotationConfig;

use crate::accounts::{TargetArguments, Targets};
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration, member_role};
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::session::Hub;
use ports::{Memory, look_ports};
use secrets::LookSecrets;

/// How many accounts are looked at at the same time. IAM throttles each account by itself.
const ACCOUNTS_AT_ONCE: usize = 16;

/// How long one account may take: less than a role's session lasts.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_mins(50);

/// The flags of every verb that looks.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct LookArguments {
    /// Pass over users for whom nothing can be due, as most nights do
    #[arg(long)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) targets: TargetArguments,
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
}

/// What was seen of the accounts.
pub(crate) struct Looked {
    /// The organization's id, where there is one.
    pub(crate) organization: Option<String>,
    /// What key-rotation makes of the settings.
    pub(crate) rotation: RotationConfig,
    /// Every account in scope, in the order of their ids.
    pub(crate) accounts: Vec<LookedAt>,
    /// Those left out on purpose.
    pub(crate) skipped: Vec<SkippedAccount>,
    /// There is no state bucket: dates start from what is observed.
    pub(crate) lacks_memory: bool,
}

/// An account and what was seen of it.
pub(crate) struct LookedAt {
    pub(crate) account: ManifestAccount,
    pub(crate) sight: Sight,
}

/// What was seen of an account.
pub(crate) enum Sight {
    /// Its users were listed.
    Seen(Box<Survey>),
    /// Its role could not be assumed.
    Unreachable(String),
    /// It could not be looked at for another cause.
    Failed(String),
    /// Ctrl-C came first.
    Left,
}

/// What the looks at all accounts share.
struct Look {
    hub: Hub,
    role: MemberRole,
    acknowledgements: AwsAcknowledgements,
    rotation: RotationConfig,
    memory: Memory,
    settings: Settings,
    sweep: bool,
}

/// Looks at every account in scope. Ctrl-C ends the looks that are under way and begins no other.
pub(crate) async fn at_all(
    printer: &Printer,
    aws: &AwsArguments,
    verb: &str,
    arguments: &LookArguments,
) -> anyhow::Result<Looked> {
    let flags = arguments.targets.flags();
    let configuration = Configuration::load(aws, &arguments.config, flags).await?;
    let (rotation, state) = (configuration.rotation()?, configuration.state()?);
    let hub = Hub::open(aws, verb).await?;
    warn_of_clock(printer, &hub.own);
    let targets = Targets::choose(printer, &hub, &configuration, &arguments.targets).await?;
    let memory = match &state {
        Some(place) => Memory::Stored(S3State::new(&hub.config, place.bucket.as_str(), place.prefix.as_str())),
        None => Memory::None,
    };
    let (role, settings) = (member_role(&rotation), rotation.account_settings());
    let acknowledgements = AwsAcknowledgements::new(&hub.config, rotation.ack_bucket.clone());
    let sweep = !arguments.quick;
    let look = Look { hub, role, acknowledgements, rotation: rotation.clone(), memory, settings, sweep };
    let interrupt = Interrupt::listen()?;
    let accounts = look.at(printer, targets.accounts, &interrupt).await;
    let (organization, skipped, lacks_memory) = (targets.organization, targets.skipped, state.is_none());
    Ok(Looked { organization, rotation, accounts, skipped, lacks_memory })
}

/// Ages are counted by this machine's clock.
fn warn_of_clock(printer: &Printer, own: &Session) {
    let off = own.answered_at.map(|answered| Timestamp::now().duration_since(answered).abs());
    if off.is_some_and(|off| off > CLOCK_TOLERANCE) {
        printer.warn("this machine's clock and AWS's differ by more than 5 minutes: dates and ages are off by that");
    }
}

impl Look {
    async fn at(&self, printer: &Printer, accounts: Vec<ManifestAccount>, interrupt: &Interrupt) -> Vec<LookedAt> {
        let progress = printer.progress(accounts.len(), "accounts looked at");
        let looks = accounts.into_iter().map(async |account| {
            let sight = if interrupt.came() { Sight::Left } else { self.at_one(&account).await };
            progress.inc(1);
            LookedAt { account, sight }
        });
        let mut looked: Vec<_> = stream::iter(looks).buffer_unordered(ACCOUNTS_AT_ONCE).collect().await;
        progress.finish_and_clear();
        looked.sort_by(|a, b| a.account.account.cmp(&b.account.account));
        looked
    }

    async fn at_one(&self, listed: &ManifestAccount) -> Sight {
        let session = match self.hub.member(&listed.account, &self.role).await {
            Ok(session) => session,
            Err(error) => return Sight::Unreachable(error),
        };
        let deadline = plus(Timestamp::now(), LONGEST_LOOK);
        let secrets = LookSecrets {
            aws: AwsSecrets::new(&session.config, &self.hub.config, self.rotation.secrets.clone()),
            memory: self.memory.clone(),
        };
        let ports = look_ports(&session, secrets, self.acknowledgements.clone(), deadline);
        let account = Account {
            id: listed.account.clone(),
            name: listed.name.clone(),
            email: listed.email.clone(),
            partition: session.partition.clone(),
            region: self.hub.region(),
            writers: session.writers.clone(),
        };
        match Box::pin(survey(&ports, &self.run(deadline), &account, &self.settings)).await {
            Ok(survey) => Sight::Seen(Box::new(survey)),
            Err(error) => Sight::Failed(error.to_string()),
        }
    }

    fn run(&self, deadline: Timestamp) -> Run {
        Run {
            id: self.hub.run.clone(),
            mode: Mode::Audit,
            writer: self.hub.run.to_string(),
            deadline,
            forced: Vec::new(),
            sweep: self.sweep,
            clock_is_off: false,
            explicit: None,
            reviewed: None,
            inherited: None,
        }
    }
}

impl Looked {
    /// Every account whose users were listed.
    pub(crate) fn surveys(&self) -> impl Iterator<Item = (&ManifestAccount, &Survey)> {
        self.accounts.iter().filter_map(|one| match &one.sight {
            Sight::Seen(survey) => Some((&one.account, &**survey)),
            _ => None,
        })
    }
}
