//! The accounts below OUs, at any depth.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use keywheel_core::id::AccountId;

use super::InventoryError;
use crate::ports::{ErrorKind, Organization, OuId, PortError};

/// How many OUs are looked into at the same time. Organizations throttles early (its calls share a few requests a second).
const CONCURRENCY: usize = 4;

/// Every account below any of these OUs, themselves included.
///
/// # Errors
/// Fails as a whole, and names the OU: half of the accounts would look like all of them.
pub(super) async fn accounts_below(
    organization: &impl Organization,
    variable: &'static str,
    units: &BTreeSet<OuId>,
) -> Result<BTreeSet<AccountId>, InventoryError> {
    let mut accounts = BTreeSet::new();
    let mut seen = units.clone();
    let mut level: Vec<OuId> = units.iter().cloned().collect();
    while !level.is_empty() {
        let looks = stream::iter(std::mem::take(&mut level)).map(|unit| look_into(organization, unit));
        let found: Vec<_> = looks
            .buffer_unordered(CONCURRENCY)
            .map_err(|failed| explained(failed, variable, units))
            .try_collect()
            .await?;
        for (direct, children) in found {
            accounts.extend(direct);
            level.extend(children.into_iter().filter(|child| seen.insert(child.clone())));
        }
    }
    Ok(accounts)
}

type Failed = (OuId, PortError);

async fn look_into(organization: &impl Organization, unit: OuId) -> Result<(Vec<AccountId>, Vec<OuId>), Failed> {
    let failed = |cause| (unit.clone(), cause);
    let accounts = organization.accounts_of(&unit).await.map_err(failed)?;
    let children = organization.children_of(&unit).await.map_err(failed)?;
    Ok((accounts, children))
}

fn explained((unit, cause): Failed, variable: &'static str, configured: &BTreeSet<OuId>) -> InventoryError {
    if cause.kind == ErrorKind::NotFound && configured.contains(&unit) {
        InventoryError::UnknownUnit { variable, unit }
    } else {
        InventoryError::Unit { unit, cause }
    }
}
