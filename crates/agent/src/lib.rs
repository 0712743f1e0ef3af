//! The agent of a host: fetches its user's key with the key that it has, proves the new one, installs it in the file that AWS's SDKs read, and
//! acknowledges it.
//!
//! What is written, and when, so that a death at any moment leaves a key that works: `docs/agent.md`. The world is behind the traits [`Aws`],
//! [`Disk`] and [`Clock`], so that every fault can be tried.

mod agent;
mod clock;
mod disk;
mod failure;
pub mod file;
mod pair;
mod paths;
mod remote;
mod state;
mod store;

pub use agent::{Agent, Held, Outcome, Outcomes, Standing, held};
pub use clock::{Clock, SystemClock};
pub use disk::{Disk, RealDisk, Stamp};
pub use failure::{Failure, Trouble};
pub use pair::Pair;
pub use paths::{Home, Place, host_name};
pub use remote::{Aws, Fetched, Identity, Source};
pub use store::RealAws;
