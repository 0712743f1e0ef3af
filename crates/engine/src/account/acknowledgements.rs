//! Looks up what hosts acknowledge, for those users of whom something depends on it.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::acknowledgement::{Acknowledgement, Acknowledgements as Seen, Host, Installed, MAX_HOSTS, Place};
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::observed::ObservedUser;

use crate::ports::{Acknowledgements, PortError, Ports};

/// How many acknowledgements are read at a time.
const READS_AT_ONCE: usize = 16;

/// Adds to these users what their hosts acknowledge: one listing for all of them, and none where there is nobody.
pub(super) async fn look_up<P: Ports>(ports: &P, account: &AccountId, users: Vec<&mut ObservedUser>) {
    if users.is_empty() {
        return;
    }
    let places = match ports.acknowledgements().places(account).await {
        Ok(places) => places,
        Err(error) => {
            tracing::warn!(%error, "acknowledgements could not be listed, and count as not given");
            for user in users {
                user.acknowledgements = Seen::Unknown { error: error.to_string() };
            }
            return;
        }
    };
    let mut by_user: BTreeMap<UserName, Vec<Place>> = BTreeMap::new();
    // Whatever else is in the bucket is nobody's acknowledgement.
    for place in places.into_iter().filter(|place| place.account == *account) {
        by_user.entry(place.user.clone()).or_default().push(place);
    }
    for user in users {
        user.acknowledgements = of_user(ports, by_user.remove(&user.name).unwrap_or_default()).await;
    }
}

async fn of_user<P: Ports>(ports: &P, places: Vec<Place>) -> Seen {
    if places.len() > MAX_HOSTS {
        return Seen::Unknown { error: format!("more than {MAX_HOSTS} hosts acknowledge") };
    }
    let reads = stream::iter(places).map(|place| async move { of_host(ports, place).await });
    let hosts: Result<Vec<Option<Host>>, PortError> = reads.buffer_unordered(READS_AT_ONCE).try_collect().await;
    match hosts {
        Ok(hosts) => {
            let mut hosts: Vec<Host> = hosts.into_iter().flatten().collect();
            hosts.sort_by(|a, b| a.name.cmp(&b.name));
            Seen::Known(hosts)
        }
        Err(error) => {
            tracing::warn!(%error, "an acknowledgement could not be read, so all of its user count as not given");
            Seen::Unknown { error: error.to_string() }
        }
    }
}

/// A host; none where it was forgotten since the listing.
async fn of_host<P: Ports>(ports: &P, place: Place) -> Result<Option<Host>, PortError> {
    let Some(bytes) = ports.acknowledgements().read(&place).await? else { return Ok(None) };
    let said = Acknowledgement::parse(&bytes, &place);
    let said = said.inspect_err(|why| tracing::warn!(place = place.key(), %why, "an acknowledgement is not believed"));
    let said = said.ok().map(|said| Installed { key: said.access_key_id, at: said.time });
    Ok(Some(Host { name: place.host, said }))
}
