//! Whose user an action is about: the account, and its owner.

use std::time::Duration;

use keywheel_core::contract::action::ActionKind;
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_core::id::AccountId;
use tokio::time::timeout;

use super::Particulars;
use crate::accounts;
use crate::calls;
use crate::config::Configuration;
use crate::printer::Printer;
use crate::session::Hub;

/// How long an action waits for the owner's address, which only the mail about it needs.
const PATIENCE_FOR_OWNER: Duration = Duration::from_secs(5);

/// Where the user is, where nobody says it: a key that leaked is where it is, anybody else in the own account.
pub(super) async fn account(printer: &Printer, hub: &Hub, particulars: &Particulars) -> AccountId {
    let key = particulars.access_key_id.as_ref().filter(|_| particulars.action == ActionKind::Emergency);
    let Some(key) = key else { return hub.own.account.clone() };
    match calls::account_of_key(&hub.config, key).await {
        Ok(account) => account,
        Err(error) => {
            printer.note(&format!("{error}; account {}, the own one, is taken", hub.own.account));
            hub.own.account.clone()
        }
    }
}

/// The account with its owner's address, to which the mail about the action goes: it is done whether or not that is known.
pub(super) async fn listed(
    printer: &Printer,
    hub: &Hub,
    configuration: &Configuration,
    account: AccountId,
) -> ManifestAccount {
    let listed = timeout(PATIENCE_FOR_OWNER, accounts::listed(hub, configuration, &account)).await;
    let unanswered = |_| Err(format!("Organizations did not answer within {} seconds", PATIENCE_FOR_OWNER.as_secs()));
    match listed.unwrap_or_else(unanswered) {
        Ok(listed) => ManifestAccount { account, name: listed.name, email: listed.email },
        Err(error) => {
            printer.warn(&format!("the owner of account {account} is not known, and is not told of this: {error}"));
            printer.hint("--org-list-role-arn takes a role that trusts you and may list the organization");
            ManifestAccount { account, name: String::new(), email: String::new() }
        }
    }
}
