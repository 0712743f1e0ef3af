//! The stage as a whole: emulator, organization and deployment.

use std::path::Path;

use anyhow::Context;

use crate::admin::Admin;
use crate::clients::Clients;
use crate::earlier;
use crate::emulator::Emulator;
use crate::functions::Functions;
use crate::organization::{Account, Organization};
use crate::seed::{Seeded, SeededUser, seed};
use crate::state::StateBucket;
use crate::world::World;

/// A running organization with Keywheel in it.
pub struct Stage {
    /// The organization as its data file describes it.
    pub organization: Organization,
    /// The organization as it was built.
    pub seeded: Seeded,
    /// Clients of any account.
    pub clients: Clients,
    /// What no AWS API can do or show.
    pub admin: Admin,
    /// The bucket in which ledgers, manifests, results and notices live.
    pub state: StateBucket,
    /// The functions.
    pub functions: Functions,
    /// The emulator; it ends with the stage.
    pub emulator: Emulator,
}

impl Stage {
    /// Starts the emulator, builds the organization and installs the functions.
    ///
    /// # Errors
    /// When any of that does not succeed.
    pub async fn set(
        mut organization: Organization,
        python: &Path,
        functions: &Path,
        log: &Path,
        tell: &mut (impl FnMut(&str) + Send),
    ) -> anyhow::Result<Self> {
        tell("starting the emulator");
        let emulator = Emulator::start(python, log)?;
        let (clients, admin) = (emulator.clients(), emulator.admin());
        tell("building the organization");
        let seeded = seed(&mut organization, &clients, &admin).await?;
        tell("installing the functions");
        let state = StateBucket::new(&clients, organization.hub());
        state.make().await?;
        let functions = Functions::install(&organization, &clients, emulator.endpoint(), functions).await?;
        tell("leaving what earlier nights left");
        earlier::leave(&organization, &seeded, &clients, &admin, &state).await?;
        Ok(Self { organization, seeded, clients, admin, state, functions, emulator })
    }

    /// The world as it is.
    ///
    /// # Errors
    /// When the emulator refuses a call.
    pub async fn world(&self) -> anyhow::Result<World> {
        World::observe(&self.organization, &self.clients, &self.state).await
    }

    /// Writes what the functions have logged so far to a file in a folder.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn write_function_log(&self, folder: &Path) -> anyhow::Result<()> {
        let lines = self.admin.function_log().await?;
        let lines: Vec<_> = lines.iter().map(|line| format!("{} {}\n", line.function, line.line)).collect();
        let file = folder.join("functions.log");
        std::fs::write(&file, lines.concat()).with_context(|| format!("cannot write {}", file.display()))
    }

    /// The account of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn account(&self, name: &str) -> anyhow::Result<&Account> {
        let account = self.organization.accounts.iter().find(|account| account.name == name);
        account.with_context(|| format!("there is no account {name:?}"))
    }

    /// The user of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn user(&self, name: &str) -> anyhow::Result<&SeededUser> {
        let user = self.seeded.users.iter().find(|user| user.name.as_str() == name);
        user.with_context(|| format!("there is no user {name:?}"))
    }
}
