//! A pass: from the key in the file to the key that the store hands out.

use std::fs::File;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keywheel_core::acknowledgement::{Acknowledgement, SCHEMA};
use keywheel_core::id::{AccessKeyId, HostName};

use crate::clock::Clock;
use crate::disk::{Disk, replace, temporary};
use crate::failure::{Failure, Trouble};
use crate::file;
use crate::pair::Pair;
use crate::paths::Place;
use crate::remote::{Aws, Fetched, Identity, Source};
use crate::state::{Acknowledged, Before, State, file_of};

/// An acknowledgement is said again after so long, so that no host is forgotten that is alive.
const SAY_AGAIN: SignedDuration = SignedDuration::from_hours(20);

/// The first and the longest pause while IAM makes a new key known.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

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

/// What a pass did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file has the key that is handed out.
    Current {
        /// The key.
        key: AccessKeyId,
    },
    /// The file has another key than the one whose record is handed out, without its secret half: there is nothing to install.
    NothingToInstall {
        /// The key in the file.
        key: AccessKeyId,
    },
    /// Another key was installed, and works.
    Installed {
        /// The key before.
        old: AccessKeyId,
        /// The key now.
        new: AccessKeyId,
    },
}

impl Outcome {
    /// The exit code: stable, for monitoring, as that of a failure.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Outcome::Current { .. } | Outcome::Installed { .. } => 0,
            Outcome::NothingToInstall { .. } => 21,
        }
    }
}

/// What a pass did, besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// What it did.
    pub outcome: Outcome,
    /// The key in the file did not work, and the one before it was put back first.
    pub restored: bool,
    /// The host said now which key it has.
    pub acknowledged: bool,
}

/// What a host has, without changing anything.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The key in the file.
    pub key: AccessKeyId,
    /// Whose it is, or why that cannot be told.
    pub identity: Result<Identity, Trouble>,
    /// The key that is handed out; none where that was not asked.
    pub offered: Option<Result<AccessKeyId, Trouble>>,
    /// The key that was acknowledged last, and when.
    pub acknowledged: Option<(AccessKeyId, Timestamp)>,
    /// The key before is kept: the last change was not seen through.
    pub is_changing: bool,
}

/// The key of a profile, to be handed to an SDK.
#[derive(Debug)]
pub struct Held {
    /// The pair.
    pub pair: Pair,
    /// When the store was asked last.
    pub looked: Option<Timestamp>,
}

/// The key in the file.
///
/// # Errors
/// Where it holds none.
pub fn held(disk: &impl Disk, place: &Place) -> Result<Held, Failure> {
    let place = place.resolved(disk)?;
    let looked = State::load(disk, &place).looked;
    Ok(Held { pair: read(disk, &place)?.1.pair, looked })
}

fn read(disk: &impl Disk, place: &Place) -> Result<(String, file::Key), Failure> {
    let bytes = disk.read(&place.file).map_err(Failure::not_read(&place.file))?;
    let text = place.text(bytes)?;
    let key = file::key(&text, place.kind, &place.profile).map_err(|broken| place.broken(&broken))?;
    Ok((text, key))
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
            Outcome::Installed { .. } => self.read(place)?.1.pair,
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
        let pair = self.read(place)?.1.pair;
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

    fn read(&self, place: &Place) -> Result<(String, file::Key), Failure> {
        read(&self.disk, place)
    }

    /// The key in the file; where AWS does not take that one, the key before it, which is put back. A key that a person put in since stays.
    async fn working_key(&self, place: &Place, state: &mut State) -> Result<(Pair, Identity, bool), Failure> {
        let pair = self.read(place)?.1.pair;
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
            && self.read(place)?.1.pair.is(&pair)
        {
            self.install(place, &before)?;
            state.before = None;
            state.save(&self.disk, place).map_err(Failure::changed)?;
            return Ok((before, identity, true));
        }
        Err(Failure::aws("the key in the file does not work")(trouble))
    }

    /// Proves the new key, remembers the old one, installs the new one, and proves what is in the file.
    async fn change(
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
        self.install(place, new)?;
        let installed = self.read(place)?.1.pair;
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

    /// Puts the key into the file as it is now: somebody may have edited it since.
    fn install(&self, place: &Place, pair: &Pair) -> Result<(), Failure> {
        if self.disk.has_acl(&place.file) {
            let why =
                "it has an access control list (POSIX ACL), which a new file in its place would not have".to_owned();
            return Err(Failure::NotWritten { file: place.file.clone(), why });
        }
        let (text, _) = self.read(place)?;
        let edited = file::with_key(&text, place.kind, &place.profile, pair);
        let edited = edited.map_err(|broken| place.broken(&broken))?;
        replace(&self.disk, &place.file, edited.as_bytes()).map_err(Failure::not_written(&place.file))
    }

    /// Says which key the host has, where that is news, or was said elsewhere, by another name, or long ago.
    async fn acknowledge(&self, state: &mut State, pair: &Pair, identity: &Identity) -> Result<bool, Failure> {
        let Some(bucket) = &self.bucket else { return Ok(false) };
        let now = self.clock.now();
        let is_fresh = |said: &Acknowledged| {
            let age = now.duration_since(said.at);
            let is_same = said.access_key_id == pair.id && said.bucket == *bucket && said.host == self.host;
            is_same && !age.is_negative() && age < SAY_AGAIN
        };
        if state.acknowledged.as_ref().is_some_and(is_fresh) {
            return Ok(false);
        }
        let said = Acknowledgement {
            schema_version: SCHEMA,
            account: identity.account.clone(),
            user: identity.user.clone(),
            host: self.host.clone(),
            access_key_id: pair.id.clone(),
            time: now,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let taken = self.aws.acknowledge(pair, bucket, &said).await;
        taken.map_err(|trouble| Failure::NotAcknowledged { trouble })?;
        let (access_key_id, bucket, host) = (pair.id.clone(), bucket.clone(), self.host.clone());
        state.acknowledged = Some(Acknowledged { access_key_id, at: now, bucket, host });
        Ok(true)
    }
}
