//! todo
use std::collections::BTreeSet;

use crate::organization::Organization;
use crate::seed::SeededUser;

/// Who is told of this user's keys: the account's owner, the address in the user's `EMAIL` tag, and the security mailbox.
#[must_use]
pub fn recipients(organization: &Organization, user: &SeededUser) -> BTreeSet<String> {
    let owner = organization.account(&user.account).map(|account| account.email.clone());
    let tag = user.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case("KeyRotation:EMAIL"));
    let tagged = tag.map(|(_, value)| value.trim().to_owned());
    owner.into_iter().chain(tagged).chain([organization.security_email.clone()]).collect()
}
