//! A pass: from the key in the file to the key that the store hands out.

mod acknowledge;
mod change;
mod held;
mod outcome;

use std::fs::File;
use std::time::Duration;

use keywheel_core::id::HostName;

use crate::clock::Clock;
use crate::disk::{Disk, temporary};
use crate::failure::{Failure, Trouble};
use crate::paths::Place;
use crate::remote::{Aws, Fetched, Source};
use crate::state::{State, file_of};

pub use held::{Held, held};
pub use outcome::{Outcome, Outcomes, Standing};

/// The agent of a host.
#[derive(Clone, Debug)]
pub struct Agent<A, D, C> {
    /// AWS.
    pub aws: A,
    /// Files.
    pub disk: D,
    /// Time.
    pub clock: C,
    /// The name by which the host acknowledges.
    pub host: HostName,
    /// Where it acknowledges; none where it does not.
    pub bucket: Option<String>,
    /// How long a new key may take to work.
    pub patience: Duration,
}

impl<A: Aws, D: Disk, C: Clock> Agent<A, D, C> {
    /// Brings a profile up to the key that is handed out, and says which key the host has.
    ///
    /// # Errors
    /// In each case a key that works, if there is one, is in the file.
    pub async fn pass(&self, place: &Place, source: &Source) -> Result<Outcomes, Failure> {
        let place = &place.resolved(&self.disk)?;
        let _lock = self.lock(place)?;
        self.tidy(place)?;
        let mut state = State::load(&self.disk, place);
        let (pair, identity, restored) = self.working_key(place, &mut state).await?;
        let fetched = match self.aws.fetch(&pair, source, &identity).await {
            Ok(fetched) => fetched,
            Err(trouble) => {
                // A key is held for the hosts that say that they have it, before its first rotation, too, when there is no secret yet. Whatever
                // keeps the host from its next key, it has this one. That the fetching failed is what matters, whatever comes of this.
                if self.acknowledge(&mut state, &pair, &identity).await.is_ok() {
                    let _ = state.save(&self.disk, place);
                }
                return Err(Failure::aws("the present key cannot be fetched")(trouble));
            }
        };
        let outcome = match fetched {
            Fetched::Pair(new) if new.is(&pair) => Outcome::Current { key: new.id },
            Fetched::WithoutHalf(id) if id == pair.id => Outcome::Current { key: id },
            Fetched::WithoutHalf(_) => Outcome::NothingToInstall { key: pair.id.clone() },
            Fetched::Pair(new) if new.id == pair.id => {
                let text = "it names the key in the file with another secret half, and the one in the file works";
                let trouble = Trouble::NotAKey(text.to_owned());
                return Err(Failure::aws("the key that is handed out is not installed")(trouble));
            }
            Fetched::Pair(new) => self.change(place, &mut state, &pair, &new, &identity).await?,
        };
        state.looked = Some(self.clock.now());
        let installed = match &outcome {
            Outcome::Installed { .. } => held::pair(&self.disk, place)?,
            _ => pair,
        };
        let acknowledged = self.acknowledge(&mut state, &installed, &identity).await;
        let saved = state.save(&self.disk, place);
        let is_changed = restored || matches!(outcome, Outcome::Installed { .. });
        saved.map_err(|failure| if is_changed { failure.changed() } else { failure })?;
        Ok(Outcomes { outcome, restored, acknowledged: acknowledged? })
    }

    /// What the host has; changes nothing, and takes no lock.
    ///
    /// # Errors
    /// Where the file holds no key.
    pub async fn look(&self, place: &Place, source: &Source) -> Result<Standing, Failure> {
        let place = &place.resolved(&self.disk)?;
        let pair = held::pair(&self.disk, place)?;
        let state = State::load(&self.disk, place);
        let identity = self.aws.identity(&pair).await;
        let offered = match &identity {
            Err(_) => None,
            Ok(identity) => Some(self.aws.fetch(&pair, source, identity).await.map(|fetched| match fetched {
                Fetched::Pair(pair) => pair.id,
                Fetched::WithoutHalf(id) => id,
            })),
        };
        let acknowledged = state.acknowledged.map(|said| (said.access_key_id, said.at));
        Ok(Standing { key: pair.id, identity, offered, acknowledged, is_changing: state.before.is_some() })
    }

    fn lock(&self, place: &Place) -> Result<File, Failure> {
        let folder = place.state_folder();
        let lock = folder.join("lock");
        self.disk.make_folder(&folder).map_err(Failure::not_written(&folder))?;
        self.disk.lock(&lock).map_err(Failure::not_written(&lock))?.ok_or(Failure::Busy { lock })
    }

    /// Takes away what a pass left that died while it wrote.
    fn tidy(&self, place: &Place) -> Result<(), Failure> {
        for left in [temporary(&place.file), temporary(&file_of(place))] {
            self.disk.remove(&left).map_err(Failure::not_written(&left))?;
        }
        Ok(())
    }
}
