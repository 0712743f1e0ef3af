//! Where it all happens: the emulator, accounts without users, and the roles of the functions that are measured.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_sdk_iam::Client as IamClient;
use jiff::{SignedDuration, Timestamp};
use keywheel_core::id::AccountId;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::policy::Mode;
use serde_json::Value;

use super::front::{Answers, Front};
use super::process::{self, Flight, Job};
use crate::admin::Admin;
use crate::clients::Clients;
use crate::emulator::Emulator;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, Variables, lambda_variables, variables};
use crate::organization::Organization;
use crate::policies::{Policies, make_role};
use crate::seed::seed;
use crate::state::StateBucket;
use crate::test_night::Place;

/// Accounts beyond those that are needed, as a seventh of all accounts is swept on each day.
const SPARE: usize = 12;

/// The emulator with the accounts in it.
pub(super) struct Ground {
    organization: Organization,
    clients: Clients,
    pub(super) admin: Admin,
    upstream: SocketAddr,
    functions: PathBuf,
    log: PathBuf,
    delay: Duration,
    /// It ends with the ground.
    _emulator: Emulator,
}

impl Ground {
    /// Starts the emulator and makes at least so many accounts. An emulator of its own for each case, because it looks through all that it has
    /// for every list.
    pub(super) async fn set(place: &Place, accounts: usize, delay: Duration) -> anyhow::Result<Self> {
        let emulator = Emulator::start(&place.python, &place.out.join("emulator.log"))?;
        let (clients, admin) = (emulator.clients(), emulator.admin());
        let mut organization = Organization::alike("bench.json", accounts + SPARE)?;
        seed(&mut organization, &clients, &admin).await?;
        let hub = organization.hub();
        StateBucket::new(&clients, hub).make().await?;
        let policies = Policies::of(&organization);
        let iam = IamClient::new(&clients.root_of(hub));
        // In the place of Lambda's, so that the stage can take the roles on.
        let trust = policies.text("trust-account", &[("account", hub.as_str())])?;
        for name in [ACCOUNT_INVENTORY, KEY_ROTATION] {
            make_role(&iam, name, &trust, &policies.text(name, &[])?).await?;
        }
        let upstream = emulator.endpoint().trim_start_matches("http://").parse()?;
        let (functions, log) = (place.functions.clone(), place.out.join("function.log"));
        Ok(Self { organization, clients, admin, upstream, functions, log, delay, _emulator: emulator })
    }

    /// The accounts without users that no night of these hours sweeps.
    pub(super) fn accounts(&self) -> Vec<AccountId> {
        let (hub, now) = (self.organization.hub(), Timestamp::now());
        let is_swept = |id: &AccountId| {
            let ledger = AccountLedger::new(id.clone());
            ledger.is_sweep_due(Mode::Enforce, now)
                || ledger.is_sweep_due(Mode::Enforce, now + SignedDuration::from_hours(1))
        };
        let accounts = self.organization.accounts.iter().map(|account| account.id.clone());
        accounts.filter(|id| id != hub && !is_swept(id)).collect()
    }

    /// One event in a process of a function, with these variables besides those of a deployment. Calls to which `answers` has an answer
    /// never reach the emulator.
    pub(super) async fn run(
        &self,
        function: &'static str,
        more: &[(&str, &str)],
        event: Option<Value>,
        answers: &Answers<'_>,
    ) -> anyhow::Result<Flight> {
        let executable = self.functions.join(function).join("bootstrap");
        ensure!(executable.is_file(), "there is no {}", executable.display());
        let variables = self.variables(function, more).await?;
        let job = Job { function, executable, arguments: Vec::new(), variables, event, log: self.log.clone() };
        let front = Front::new(Some(self.upstream), self.delay, answers);
        process::run(&job, &front, self.delay).with_context(|| format!("with a delay of {:?} per call", self.delay))
    }

    async fn variables(&self, function: &str, more: &[(&str, &str)]) -> anyhow::Result<Variables> {
        let mut all = variables(&self.organization, function, "");
        all.extend(lambda_variables(&self.clients, self.organization.hub(), function).await?);
        all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Ok(all)
    }
}
