//! The key in the file.

use jiff::Timestamp;

use crate::disk::{Disk, replace};
use crate::failure::Failure;
use crate::file::{self, Key};
use crate::pair::Pair;
use crate::paths::Place;
use crate::state::State;

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
    Ok(Held { pair: pair(disk, &place)?, looked })
}

/// The pair in the file as it is now.
pub(super) fn pair(disk: &impl Disk, place: &Place) -> Result<Pair, Failure> {
    read(disk, place).map(|(_, key)| key.pair)
}

/// Puts the key into the file as it is now: somebody may have edited it since.
pub(super) fn install(disk: &impl Disk, place: &Place, pair: &Pair) -> Result<(), Failure> {
    if disk.has_acl(&place.file) {
        let why = "it has an access control list (POSIX ACL), which a new file in its place would not have".to_owned();
        return Err(Failure::NotWritten { file: place.file.clone(), why });
    }
    let (text, _) = read(disk, place)?;
    let edited = file::with_key(&text, place.kind, &place.profile, pair);
    let edited = edited.map_err(|broken| place.broken(&broken))?;
    replace(disk, &place.file, edited.as_bytes()).map_err(Failure::not_written(&place.file))
}

fn read(disk: &impl Disk, place: &Place) -> Result<(String, Key), Failure> {
    let bytes = disk.read(&place.file).map_err(Failure::not_read(&place.file))?;
    let text = place.text(bytes)?;
    let key = file::key(&text, place.kind, &place.profile).map_err(|broken| place.broken(&broken))?;
    Ok((text, key))
}
