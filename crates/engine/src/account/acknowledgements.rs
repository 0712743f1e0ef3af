//! Looks up what a user's hosts acknowledge.

use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgement, Acknowledgements as Seen, Host, Installed, MAX_HOSTS};
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::time::{Days, minus};

use crate::ports::{Acknowledgements, PortError, Ports, Written};

/// How many acknowledgements of a user are read at a time, while other users' are read too.
const READS_AT_ONCE: usize = 4;

/// Whose hosts are looked for, and when.
pub(super) struct Scope<'a> {
    pub(super) account: &'a AccountId,
    /// For how long a silent host counts.
    pub(super) forget_after: Days,
    pub(super) now: Timestamp,
}

/// What the user's hosts acknowledge: one listing, and a reading for each host.
pub(super) async fn look_up<P: Ports>(ports: &P, scope: &Scope<'_>, user: &UserName) -> Seen {
    of_user(ports, scope, user).await.unwrap_or_else(|error| {
        tracing::warn!(%user, %error, "acknowledgements could not be looked up, and count as not given");
        Seen::Unknown { error: error.to_string() }
    })
}

async fn of_user<P: Ports>(ports: &P, scope: &Scope<'_>, user: &UserName) -> Result<Seen, PortError> {
    // To acknowledge is to write. Hosts that were silent for longer count neither as hosts nor towards how many there may be.
    let since = minus(scope.now, scope.forget_after.duration());
    let mut written = ports.acknowledgements().places(scope.account, user, since).await?;
    // Whatever else is in the bucket is nobody's acknowledgement.
    written.retain(|written| written.place.account == *scope.account && written.place.user == *user);
    if written.len() > MAX_HOSTS {
        return Ok(Seen::Unknown { error: format!("more than {MAX_HOSTS} hosts acknowledge") });
    }
    let reads = stream::iter(written).map(|written| of_host(ports, written));
    let hosts: Vec<Option<Host>> = reads.buffer_unordered(READS_AT_ONCE).try_collect().await?;
    let mut hosts: Vec<Host> = hosts.into_iter().flatten().collect();
    hosts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Seen::Known(hosts))
}

/// A host; none where it was forgotten since the listing.
async fn of_host<P: Ports>(ports: &P, written: Written) -> Result<Option<Host>, PortError> {
    let Written { place, at } = written;
    let Some(bytes) = ports.acknowledgements().read(&place).await? else { return Ok(None) };
    let said = Acknowledgement::parse(&bytes, &place);
    let said = said.inspect_err(|why| tracing::warn!(place = place.key(), %why, "an acknowledgement is not believed"));
    // Nobody said it later than it was written: a time to come would keep the host for as long as its writer likes.
    let said = said.ok().map(|said| Installed { key: said.access_key_id, at: said.time.min(at) });
    Ok(Some(Host { name: place.host, said }))
}
