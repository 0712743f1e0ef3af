//! From the key that works to the one that is handed out, so that a death at any moment leaves one that works.

use std::time::Duration;

use super::{Agent, Outcome, held};
use crate::clock::Clock;
use crate::disk::Disk;
use crate::failure::{Failure, Trouble};
use crate::pair::Pair;
use crate::paths::Place;
use crate::remote::{Aws, Identity};
use crate::state::{Before, State};

/// The first and the longest pause while IAM makes a new key known.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

impl<A: Aws, D: Disk, C: Clock> Agent<A, D, C> {
    /// The key in the file; where AWS does not take that one, the key before it, which is put back. A key that a person put in since stays.
    pub(super) async fn working_key(
        &self,
        place: &Place,
        state: &mut State,
    ) -> Result<(Pair, Identity, bool), Failure> {
        let pair = held::pair(&self.disk, place)?;
        let trouble = match self.aws.identity(&pair).await {
            Ok(identity) => {
                if state.before.take().is_some() {
                    state.save(&self.disk, place)?;
                }
                return Ok((pair, identity, false));
            }
            Err(trouble) => trouble,
        };
        let is_refused = matches!(trouble, Trouble::KeyRefused(_) | Trouble::WrongHalf(_));
        let before = state.before.clone().filter(|before| is_refused && before.replaced_by == pair.id);
        if let Some(Before { pair: before, .. }) = before
            && let Ok(identity) = self.aws.identity(&before).await
            && held::pair(&self.disk, place)?.is(&pair)
        {
            held::install(&self.disk, place, &before)?;
            state.before = None;
            state.save(&self.disk, place).map_err(Failure::changed)?;
            return Ok((before, identity, true));
        }
        Err(Failure::aws("the key in the file does not work")(trouble))
    }

    /// Proves the new key, remembers the old one, installs the new one, and proves what is in the file.
    pub(super) async fn change(
        &self,
        place: &Place,
        state: &mut State,
        old: &Pair,
        new: &Pair,
        owner: &Identity,
    ) -> Result<Outcome, Failure> {
        let identity = self.prove(new).await?;
        if identity != *owner {
            let name = |identity: &Identity| format!("user {} of account {}", identity.user, identity.account);
            return Err(Failure::OtherUser { other: name(&identity), user: name(owner) });
        }
        state.before = Some(Before { pair: old.clone(), replaced_by: new.id.clone() });
        state.save(&self.disk, place)?;
        held::install(&self.disk, place, new)?;
        let installed = held::pair(&self.disk, place)?;
        if installed.is(new) && self.aws.identity(&installed).await.is_ok() {
            state.before = None;
            state.save(&self.disk, place).map_err(Failure::changed)?;
        }
        Ok(Outcome::Installed { old: old.id.clone(), new: new.id.clone() })
    }

    /// IAM takes seconds to make a new key known.
    async fn prove(&self, new: &Pair) -> Result<Identity, Failure> {
        let (begun, mut pause) = (self.clock.now(), PAUSES.0);
        loop {
            let trouble = match self.aws.identity(new).await {
                Ok(identity) => return Ok(identity),
                Err(trouble) => trouble,
            };
            let waited = self.clock.now().duration_since(begun).unsigned_abs();
            if !trouble.passes() || waited + pause > self.patience {
                // It is what is handed out that is wrong, not the key in the file.
                let trouble = match trouble {
                    Trouble::WrongHalf(text) => {
                        Trouble::NotAKey(format!("its secret half is not that of its id: {text}"))
                    }
                    other => other,
                };
                return Err(Failure::NotProven { id: new.id.to_string(), seconds: waited.as_secs(), trouble });
            }
            self.clock.pause(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}
