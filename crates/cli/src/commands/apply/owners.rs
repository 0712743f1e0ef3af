//! Who owns the accounts of a plan: looked up when it is applied, since a plan may have been made by somebody who could not see them.

use std::collections::BTreeMap;

use keywheel_aws::AwsOrganization;
use keywheel_core::contract::plan_file::PlanFile;
use keywheel_core::id::AccountId;
use keywheel_engine::ports::{ListedAccount, Organization};

use crate::accounts::{listed, lister};
use crate::config::Configuration;
use crate::printer::Printer;
use crate::session::Hub;

/// With more accounts than these, all are listed in place of one after the other.
const FEW: usize = 5;

/// Fills in each account's name and owner as the organization knows them. Where it does not say, what the plan says stands, and is shown.
pub(super) async fn look_up(printer: &Printer, hub: &Hub, configuration: &Configuration, file: &mut PlanFile) {
    let known = match known(hub, configuration, file).await {
        Ok(known) => known,
        Err(error) => {
            printer.warn(&format!("the accounts' owners cannot be looked up, so those of the plan are told: {error}"));
            printer.hint("sign in to the management account or a delegated administrator's, or set ORG_LIST_ROLE_ARN");
            BTreeMap::new()
        }
    };
    for account in &mut file.accounts {
        if let Some(listed) = known.get(&account.account_id) {
            (account.name, account.email) = (listed.name.clone(), listed.email.clone());
        }
        if account.email.is_empty() {
            printer.warn(&format!(
                "account {}: its owner's address is not known, so only SECURITY_EMAIL and whom its users' tags name are told",
                account.account_id
            ));
        }
    }
}

async fn known(
    hub: &Hub,
    configuration: &Configuration,
    file: &PlanFile,
) -> Result<BTreeMap<AccountId, ListedAccount>, String> {
    let mut known = BTreeMap::new();
    if file.accounts.len() > FEW {
        let all = AwsOrganization::new(&lister(hub, configuration).await?).accounts().await;
        known.extend(all.map_err(|error| error.to_string())?.into_iter().map(|account| (account.id.clone(), account)));
        return Ok(known);
    }
    for account in &file.accounts {
        known.insert(account.account_id.clone(), listed(hub, configuration, &account.account_id).await?);
    }
    Ok(known)
}
