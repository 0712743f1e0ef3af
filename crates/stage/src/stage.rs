//! The stage as a whole: emulator, organization and deployment.

use std::path::Path;


use crate::admin::Admin;
use crate::clients::Clients;
use crate::earlier;
use crate::emulator::Emulator;
use crate::functions::Functions;
use crate::organization::Organization;
use crate::seed::{Seeded, seed};
use crate::state::StateBucket;

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
}
