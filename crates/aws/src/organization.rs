//! AWS Organizations.

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};
use keywheel_core::id::AccountId;
use keywheel_engine::ports::{ListedAccount, Organization, OuId, PortError};

use crate::error::{bad_answer, port_error};
use crate::pages::Pages;

const DESCRIBE: &str = "organizations:DescribeOrganization";
const LIST: &str = "organizations:ListAccounts";
const LIST_FOR_PARENT: &str = "organizations:ListAccountsForParent";
const LIST_OUS: &str = "organizations:ListOrganizationalUnitsForParent";
/// The largest page of Organizations' lists (API, `MaxResults`). It may return fewer, and none.
const PAGE: i32 = 20;

/// AWS Organizations, seen from the management account or a delegated administrator.
#[derive(Clone, Debug)]
pub struct AwsOrganization {
    client: Client,
}

impl AwsOrganization {
    /// The organization of the account whose credentials the configuration has.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Organization for AwsOrganization {
    async fn accounts(&self) -> Result<Vec<ListedAccount>, PortError> {
        let mut accounts = Vec::new();
        let mut pages = Pages::of(LIST);
        while pages.more() {
            let request = self.client.list_accounts().max_results(PAGE).set_next_token(pages.token());
            let page = request.send().await.map_err(|error| port_error(LIST, &error))?;
            pages.answered(page.next_token)?;
            for account in page.accounts.unwrap_or_default() {
                accounts.push(listed(account)?);
            }
        }
        Ok(accounts)
    }

    async fn accounts_of(&self, parent: &OuId) -> Result<Vec<AccountId>, PortError> {
        let mut accounts = Vec::new();
        let mut pages = Pages::of(LIST_FOR_PARENT);
        while pages.more() {
            let request = self.client.list_accounts_for_parent().parent_id(&parent.0).max_results(PAGE);
            let page = request.set_next_token(pages.token()).send().await;
            let page = page.map_err(|error| of_parent(parent, port_error(LIST_FOR_PARENT, &error)))?;
            pages.answered(page.next_token)?;
            for account in page.accounts.unwrap_or_default() {
                accounts.push(account_id(LIST_FOR_PARENT, account.id.as_deref())?);
            }
        }
        Ok(accounts)
    }

    async fn children_of(&self, parent: &OuId) -> Result<Vec<OuId>, PortError> {
        let mut units = Vec::new();
        let mut pages = Pages::of(LIST_OUS);
        while pages.more() {
            let request = self.client.list_organizational_units_for_parent().parent_id(&parent.0).max_results(PAGE);
            let page = request.set_next_token(pages.token()).send().await;
            let page = page.map_err(|error| of_parent(parent, port_error(LIST_OUS, &error)))?;
            pages.answered(page.next_token)?;
            for unit in page.organizational_units.unwrap_or_default() {
                units.push(OuId(unit.id.ok_or_else(|| bad_answer(LIST_OUS, "an OU has no id"))?));
            }
        }
        Ok(units)
    }

    async fn management_account(&self) -> Result<AccountId, PortError> {
        let answer = self.client.describe_organization().send().await.map_err(|error| port_error(DESCRIBE, &error))?;
        let organization = answer.organization;
        account_id(DESCRIBE, organization.as_ref().and_then(|organization| organization.master_account_id()))
    }
}

/// `State` replaces `Status`, which AWS is retiring (Organizations API, `Account`); an API that does not give it yet gives `Status`.
fn listed(account: Account) -> Result<ListedAccount, PortError> {
    let state = account.state.as_ref().map(AccountState::as_str);
    let state = state.or_else(|| account.status.as_ref().map(AccountStatus::as_str)).unwrap_or_default().to_owned();
    Ok(ListedAccount {
        id: account_id(LIST, account.id.as_deref())?,
        name: account.name.unwrap_or_default(),
        email: account.email.unwrap_or_default(),
        state,
    })
}

fn account_id(operation: &'static str, id: Option<&str>) -> Result<AccountId, PortError> {
    id.unwrap_or_default().parse().map_err(|error| bad_answer(operation, error))
}

fn of_parent(parent: &OuId, mut error: PortError) -> PortError {
    error.message = format!("parent {}: {}", parent.0, error.message);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Wire, json, json_error};

    const FIRST: &str = r#"{"Accounts":[{"Id":"111122223333","Name":"a","State":"PENDING_CLOSURE","Status":"ACTIVE"}],"NextToken":"one"}"#;
    const EMPTY: &str = r#"{"Accounts":[],"NextToken":"two"}"#;
    const LAST: &str = r#"{"Accounts":[{"Id":"111122224444","Status":"SUSPENDED"},{"Id":"111122225555","State":"NEW_STATE"},{"Id":"111122226666"}]}"#;

    #[tokio::test]
    async fn every_page_counts_and_state_goes_before_status() {
        let wire = Wire::new(|number, _| match number {
            0 => json(200, FIRST),
            1 => json(200, EMPTY),
            2 => json_error(429, "TooManyRequestsException", "later"),
            _ => json(200, LAST),
        });
        let accounts = AwsOrganization::new(&wire.config()).accounts().await.unwrap();
        let states: Vec<_> = accounts.iter().map(|account| (account.id.as_str(), account.state.as_str())).collect();
        assert_eq!(
            states,
            [
                ("111122223333", "PENDING_CLOSURE"),
                ("111122224444", "SUSPENDED"),
                ("111122225555", "NEW_STATE"),
                ("111122226666", ""),
            ]
        );
        let bodies: Vec<_> = wire.sent().into_iter().map(|sent| sent.body).collect();
        assert!(bodies[1].contains("\"one\"") && bodies[3].contains("\"two\""), "{bodies:?}");
    }

    #[tokio::test]
    async fn a_list_that_goes_in_circles_is_an_error() {
        let wire = Wire::new(|number, _| json(200, if number % 2 == 0 { FIRST } else { EMPTY }));
        let error = AwsOrganization::new(&wire.config()).accounts().await.unwrap_err();
        assert!(error.to_string().contains("a second time"), "{error}");
    }

    #[tokio::test]
    async fn throttling_that_does_not_end_is_throttling() {
        let wire = Wire::new(|_, _| json_error(400, "TooManyRequestsException", "later"));
        let error = AwsOrganization::new(&wire.config()).accounts_of(&OuId("ou-1".to_owned())).await.unwrap_err();
        assert_eq!(error.kind, keywheel_engine::ports::ErrorKind::Throttled);
        assert!(error.message.contains("ou-1"), "{error}");
        assert_eq!(wire.sent().len(), 5);
    }
}
