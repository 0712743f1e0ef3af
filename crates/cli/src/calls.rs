//! Calls to AWS that only people make; all others are those of `keywheel_aws`.

use std::collections::HashMap;

use aws_sdk_organizations::types::{AccountState, AccountStatus};
use keywheel_aws::{SdkConfig, port_error};
use keywheel_core::id::{AccessKeyId, AccountId};
use keywheel_engine::ports::{ErrorKind, ListedAccount, PortError};

use crate::exit::failed;

/// The environment of a deployed function.
pub(crate) async fn function_variables(config: &SdkConfig, name: &str) -> anyhow::Result<HashMap<String, String>> {
    let answer = aws_sdk_lambda::Client::new(config).get_function_configuration().function_name(name).send().await;
    let answer = answer.map_err(|error| port_error("lambda:GetFunctionConfiguration", &error)).map_err(|error| {
        let hint = "--function takes the name or ARN of a function in this account and region, and lambda:GetFunctionConfiguration";
        failed(format!("the settings of function {name} cannot be read: {error}"), hint)
    })?;
    let environment = answer.environment;
    if let Some(error) = environment.as_ref().and_then(|environment| environment.error()) {
        let what =
            format!("the settings of function {name} cannot be read: {}", error.message().unwrap_or("no message"));
        return Err(failed(what, "whoever reads them needs kms:Decrypt on the key that encrypts them"));
    }
    Ok(environment.and_then(|environment| environment.variables).unwrap_or_default())
}

/// The organization of the caller's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrganizationIds {
    /// Its id (`o-…`).
    pub(crate) id: String,
    /// Its management account.
    pub(crate) management: AccountId,
}

/// The organization of the caller's account, which every account of it may ask for (Organizations API, `DescribeOrganization`).
pub(crate) async fn organization(config: &SdkConfig) -> Result<OrganizationIds, PortError> {
    const OPERATION: &str = "organizations:DescribeOrganization";
    let answer = aws_sdk_organizations::Client::new(config).describe_organization().send().await;
    let organization = answer.map_err(|error| port_error(OPERATION, &error))?.organization;
    let ids = organization.and_then(|organization| {
        let management = organization.master_account_id.and_then(|id| id.parse().ok())?;
        Some(OrganizationIds { id: organization.id?, management })
    });
    ids.ok_or_else(|| unusable(OPERATION))
}

/// One account of the organization.
pub(crate) async fn account(config: &SdkConfig, id: &AccountId) -> Result<ListedAccount, PortError> {
    const OPERATION: &str = "organizations:DescribeAccount";
    let answer = aws_sdk_organizations::Client::new(config).describe_account().account_id(id.as_str()).send().await;
    let account = answer.map_err(|error| port_error(OPERATION, &error))?.account.ok_or_else(|| unusable(OPERATION))?;
    // `State` replaces `Status`, which AWS is retiring (Organizations API, `Account`).
    let state = account.state.as_ref().map(AccountState::as_str);
    let state = state.or_else(|| account.status.as_ref().map(AccountStatus::as_str)).unwrap_or_default().to_owned();
    let (name, email) = (account.name.unwrap_or_default(), account.email.unwrap_or_default());
    Ok(ListedAccount { id: id.clone(), name, email, state })
}

fn unusable(operation: &'static str) -> PortError {
    let message = "AWS's answer lacks what was asked for".to_owned();
    PortError { operation, kind: ErrorKind::Unanswered, message }
}

/// The account that a key belongs to, whoever asks (STS API, `GetAccessKeyInfo`).
pub(crate) async fn account_of_key(config: &SdkConfig, key: &AccessKeyId) -> anyhow::Result<AccountId> {
    const OPERATION: &str = "sts:GetAccessKeyInfo";
    let answer = aws_sdk_sts::Client::new(config).get_access_key_info().access_key_id(key.as_str()).send().await;
    let answer = answer.map_err(|error| port_error(OPERATION, &error));
    let account =
        answer.and_then(|answer| answer.account.and_then(|id| id.parse().ok()).ok_or_else(|| unusable(OPERATION)));
    account.map_err(|error| {
        failed(format!("the account of access key {key} cannot be looked up: {error}"), "--account says where it is")
    })
}
