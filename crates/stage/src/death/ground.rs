//! Where it all happens: the emulator, accounts that are alike, and the function's role.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use aws_sdk_iam::Client as IamClient;
use jiff::Timestamp;
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::AccountId;
use serde_json::{Value, json};

use super::process::{self, Flight, Job};
use super::proxy::Kill;
use super::rules::Watch;
use crate::admin::Admin;
use crate::clients::Clients;
use crate::earlier;
use crate::emulator::Emulator;
use crate::functions::{KEY_ROTATION, Variables, lambda_variables, variables};
use crate::organization::Organization;
use crate::policies::{Policies, make_role};
use crate::seed::{Seeded, SeededUser, seed};
use crate::state::StateBucket;
use crate::test_night::Place;

/// The emulator with the accounts in it.
pub(super) struct Ground {
    organization: Organization,
    seeded: Seeded,
    pub(super) clients: Clients,
    pub(super) admin: Admin,
    pub(super) state: StateBucket,
    upstream: SocketAddr,
    executable: PathBuf,
    variables: Variables,
    /// It ends with the ground.
    _emulator: Emulator,
}

impl Ground {
    /// Starts the emulator and makes so many accounts, on the eve of a night in which everything is due.
    ///
    /// Notification is not installed: what it is handed is recorded as sent (see [`Ground::night`]).
    pub(super) async fn set(place: &Place, accounts: usize) -> anyhow::Result<Self> {
        let executable = place.functions.join(KEY_ROTATION).join("bootstrap");
        ensure!(executable.is_file(), "there is no {}", executable.display());
        let emulator = Emulator::start(&place.python, &place.out.join("emulator.log"))?;
        let (clients, admin) = (emulator.clients(), emulator.admin());
        let mut organization = Organization::alike("death.json", accounts)?;
        let seeded = seed(&mut organization, &clients, &admin).await?;
        let state = StateBucket::new(&clients, organization.hub());
        state.make().await?;
        earlier::leave(&organization, &seeded, &clients, &admin, &state).await?;
        note_sweeps(&state).await?;
        let policies = Policies::of(&organization);
        let hub = organization.hub();
        // In the place of Lambda's, so that the stage can take the role on.
        let trust = policies.text("trust-account", &[("account", hub.as_str())])?;
        let iam = IamClient::new(&clients.root_of(hub));
        make_role(&iam, KEY_ROTATION, &trust, &policies.text(KEY_ROTATION, &[])?).await?;
        let upstream = emulator.endpoint().trim_start_matches("http://").parse()?;
        let variables = variables(&organization, KEY_ROTATION, emulator.endpoint());
        Ok(Self { organization, seeded, clients, admin, state, upstream, executable, variables, _emulator: emulator })
    }

    /// The accounts that are alike.
    pub(super) fn accounts(&self) -> Vec<AccountId> {
        let accounts = self.organization.accounts.iter().filter(|account| !account.users.is_empty());
        accounts.map(|account| account.id.clone()).collect()
    }

    /// What holds an account's calls against the rules.
    pub(super) fn watch(&self, account: &AccountId) -> Watch {
        let mut watch = Watch::default();
        self.users(account).for_each(|user| watch.add(user, &self.organization.cases[&user.case]));
        watch
    }

    /// The users of an account.
    pub(super) fn users<'a>(&'a self, account: &'a AccountId) -> impl Iterator<Item = &'a SeededUser> {
        self.seeded.users.iter().filter(move |user| user.account == *account)
    }

    /// One invocation of the function for an account. The digests that Lambda took are notification's as soon as the process is gone:
    /// every notice in them is recorded as sent, as notification does.
    pub(super) async fn night(&self, account: &AccountId, run: &str, kill: Option<Kill>) -> anyhow::Result<Flight> {
        let job = Job {
            executable: self.executable.clone(),
            variables: self.environment().await?,
            upstream: self.upstream,
            request_id: format!("{run}-of-{account}"),
            event: self.event(account, run)?,
            kill,
        };
        let flight = tokio::task::spawn_blocking(move || process::run(&job)).await??;
        for digest in &flight.digests {
            self.record_as_sent(digest).await?;
        }
        Ok(flight)
    }

    fn event(&self, account: &AccountId, run: &str) -> anyhow::Result<Value> {
        let known = self.organization.account(account).context("there is no such account")?;
        Ok(json!({ "account": account, "name": known.name, "email": known.email, "run_id": run }))
    }

    async fn environment(&self) -> anyhow::Result<Variables> {
        let lambda = lambda_variables(&self.clients, self.organization.hub(), KEY_ROTATION).await?;
        Ok(self.variables.clone().into_iter().chain(lambda).collect())
    }

    async fn record_as_sent(&self, digest: &Value) -> anyhow::Result<()> {
        let digest: Digest = serde_json::from_value(digest.clone()).context("a digest that is none")?;
        for entry in &digest.entries {
            let record = SentNotice::new(&digest, entry.notice_id.clone(), NoticeState::Sent, Timestamp::now());
            self.state.put(&format!("notices/{}/{}.json", record.account, record.notice_id), &record).await?;
        }
        Ok(())
    }
}

/// Notes in every ledger that the account was swept just now. A sweep asks for no credential report, and whether an account is swept
/// goes by its id and the day of the week: the calls of alike accounts would differ.
async fn note_sweeps(state: &StateBucket) -> anyhow::Result<()> {
    for (key, mut ledger) in state.values("ledger/").await? {
        ledger["swept"] = json!(Timestamp::now());
        state.put(&key, &ledger).await?;
    }
    Ok(())
}
