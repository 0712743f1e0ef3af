//! Who can read the secrets.

use super::checks::Checks;
use crate::expected::Held;
use crate::readers;

/// Tries it out.
pub(super) async fn check(held: &Held<'_>, checks: &mut Checks) {
    let name = "users read their own secrets with their new keys; administrators and other users do not";
    checks.tried(name, readers::access(held).await);
}
