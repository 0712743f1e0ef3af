//! Organizational units in and out of scope, recursively, with pages that are shorter than asked for and empty ones with a token.

use std::collections::BTreeSet;

use serde_json::json;

use super::checks::Checks;
use crate::functions::ACCOUNT_INVENTORY;
use crate::night;
use crate::stage::Stage;

/// A variable, the unit that it names, and the accounts that take part then.
const SCOPES: &[(&str, &str, &[&str])] = &[
    ("EXCLUDE_OUS", "Workloads", &["platform-hub", "network", "backup"]),
    ("INCLUDE_OUS", "Production", &["payments", "web-shop"]),
    (
        "INCLUDE_OUS",
        "Workloads",
        &[
            "payments",
            "web-shop",
            "data-lake",
            "<script>alert(1)</script> {{ 7*7 }}",
            "legacy",
            "build-farm",
            "acquired",
        ],
    ),
];

/// Audits the organization in each scope.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    stage.admin.set_short_pages(true).await?;
    for (number, (variable, unit, accounts)) in SCOPES.iter().enumerate() {
        let mut variables = stage.functions.variables(ACCOUNT_INVENTORY);
        variables.insert((*variable).to_owned(), stage.organization.unit_id(unit).to_owned());
        let function = format!("{ACCOUNT_INVENTORY}-scope-{number}");
        stage.functions.create(&function, ACCOUNT_INVENTORY, variables).await?;
        let night = night::run_by(stage, &function, &json!({ "mode": "audit" }), &mut |_| {}).await?;
        let expected: BTreeSet<&str> = accounts.iter().copied().collect();
        let found: BTreeSet<&str> = night.manifest.accounts.iter().map(|account| account.name.as_str()).collect();
        let listed = night.inventory.accounts.listed;
        let adds_up = listed == stage.organization.accounts.len() + 1
            && listed == night.inventory.accounts.invoked + night.inventory.accounts.skipped.len();
        checks.holds(&format!("{variable}={unit} divides the accounts"), expected == found && adds_up, || {
            format!("expected {expected:?}, found {found:?}, {listed} listed")
        });
    }
    stage.admin.set_short_pages(false).await
}
