//! What hands keys over besides the function itself: the list of parameters, the policy that hosts need, and the KMS keys of secrets and
//! parameters, in the accounts that were named or else in a few of the last run's.

use aws_sdk_iam::Client;
use futures::{StreamExt, stream};
use keywheel_aws::{AwsParameters, S3State, port_error};
use keywheel_core::id::AccountId;
use keywheel_engine::deployment::ParameterOptions;
use keywheel_runtime::config::variable::{
    PARAMETER_KMS_KEY_ID, PARAMETER_PREFIX, SECRET_KMS_KEY_ID, SECRET_STORE, Variable,
};

use super::finding::{Finding, Verdict};
use super::ground::{Deployed, Ground};
use super::{ACCOUNTS_AT_ONCE, kms};

const GROUP: &str = "handing over";

/// The managed policy that the global layer makes.
const HOST_POLICY: &str = "keywheel-host";

/// The store of secrets in the hub.
const CENTRAL: &str = "central";

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let Some(rotation) = ground.rotation.deployed() else { return Vec::new() };
    let mut findings = Vec::new();
    let prefix = rotation.value(&PARAMETER_PREFIX);
    if let Some(prefix) = prefix {
        findings.push(list(ground, rotation, prefix).await.of(GROUP, "list of parameters"));
    }
    let is_central = rotation.value(&SECRET_STORE) == Some(CENTRAL);
    let named = |variable: &'static Variable| rotation.value(variable).map(|key| (variable.name, key));
    let of_secrets = named(&SECRET_KMS_KEY_ID);
    if let Some((name, key)) = of_secrets.filter(|_| is_central) {
        let own = &ground.hub.own.account;
        findings.push(kms_key(ground, own, key).await.of(GROUP, format!("{name} in the hub")));
    }
    let of_parameters = named(&PARAMETER_KMS_KEY_ID).filter(|_| prefix.is_some());
    let keys: Vec<_> = of_secrets.filter(|_| !is_central).into_iter().chain(of_parameters).collect();
    if keys.is_empty() && prefix.is_none() {
        return findings;
    }
    if ground.accounts.is_empty() {
        let why = "no account was named, and no role with which to look";
        let verdict = Verdict::not_checked(why, "give --role-name OrganizationAccountAccessRole, and --account");
        findings.push(verdict.of(GROUP, "accounts"));
    }
    let looks = ground.accounts.iter().map(|account| in_account(ground, account, &keys, prefix.is_some()));
    findings.extend(stream::iter(looks).buffered(ACCOUNTS_AT_ONCE).collect::<Vec<_>>().await.into_iter().flatten());
    findings
}

async fn in_account(ground: &Ground, account: &AccountId, keys: &[(&str, &str)], has_parameters: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, key) in keys {
        findings.push(kms_key(ground, account, key).await.of(GROUP, format!("{name} in {account}")));
    }
    if has_parameters {
        findings.push(host_policy(ground, account).await.of(GROUP, format!("{HOST_POLICY} in {account}")));
    }
    findings
}

async fn kms_key(ground: &Ground, account: &AccountId, key: &str) -> Verdict {
    let to_do =
        "create or enable it in that account (an alias is looked up in each account): no pair can be stored without it";
    match ground.config_in(account).await {
        Ok(config) => kms::key(&config, account, key, to_do).await,
        Err(verdict) => verdict,
    }
}

/// Whether the policy is there, and anybody has it.
async fn host_policy(ground: &Ground, account: &AccountId) -> Verdict {
    let to_do = "push the global layer to the account with create_host_policy";
    let config = match ground.config_in(account).await {
        Ok(config) => config,
        Err(verdict) => return verdict,
    };
    let arn = format!("arn:{}:iam::{account}:policy/{HOST_POLICY}", ground.hub.own.partition);
    let answer = Client::new(&config).get_policy().policy_arn(arn).send().await;
    match answer.map_err(|error| port_error("iam:GetPolicy", &error)) {
        Err(error) => Verdict::of_error(&error, to_do),
        Ok(answer) => attached(answer.policy.and_then(|policy| policy.attachment_count).unwrap_or_default()),
    }
}

fn attached(times: i32) -> Verdict {
    if times > 0 {
        return Verdict::ok(format!("attached {times} times"));
    }
    Verdict::warn(
        format!("{HOST_POLICY} is attached to nobody: no user of a host can read its parameter"),
        "attach it to the users of hosts, or to a group of theirs",
    )
}

/// Whether the list can be read, by the reader of key-rotation.
async fn list(ground: &Ground, rotation: &Deployed, prefix: &str) -> Verdict {
    let Some((bucket, state_prefix)) = rotation.state_location() else {
        return Verdict::not_checked("key-rotation names no state bucket", "see the settings of key-rotation");
    };
    let state = S3State::new(&ground.hub.config, bucket, state_prefix);
    let options = ParameterOptions { prefix: prefix.to_owned(), kms_key_id: None };
    match AwsParameters::new(&ground.hub.config, Some(options), state).entries().await {
        Ok(entries) => Verdict::ok(format!("{entries} entries")),
        Err(error) if error.kind == keywheel_engine::ports::ErrorKind::Invalid => Verdict::fail(
            error.to_string(),
            "correct it as docs/parameters.md has it: until then nobody gets a parameter",
        ),
        Err(error) => Verdict::of_error(&error, "write one as docs/parameters.md has it, or clear PARAMETER_PREFIX"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_policy_that_nobody_has_is_to_be_looked_at() {
        assert_eq!(attached(2).of("group", "one").level, Level::Ok);
        assert_eq!(attached(0).of("group", "one").level, Level::Warn);
    }
}
