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
