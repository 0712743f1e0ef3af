//! Parameters: in the first night none can be written, and the second brings them into step.

use anyhow::Context;
use aws_sdk_ssm::Client as ParameterClient;
use aws_sdk_ssm::types::ParameterType;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::AccountId;
use keywheel_core::parameter::{ParameterContent, parameter_name};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::secret::KeyPair;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::night::{self, Night};
use crate::policies::{MEMBER_ROLE, Policies};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// What the names of parameters begin with.
pub(super) const PREFIX: &str = "/keywheel/";
const LIST: &str = "parameters.json";
/// The name by which hosts know the parameter of AWS-AccessKey-Rotation.
const ADOPTED: &str = "/keywheel/param-test";

/// The account with the users.
pub(super) fn account(stage: &Stage) -> anyhow::Result<AccountId> {
    Ok(stage.account("payments")?.id.clone())
}

/// Parameter Store, as the account's root.
pub(super) fn store(stage: &Stage) -> anyhow::Result<ParameterClient> {
    Ok(ParameterClient::new(&stage.clients.root_of(&account(stage)?)))
}

/// The name of a user's parameter.
pub(super) fn name_of(stage: &Stage, user: &str) -> anyhow::Result<String> {
    Ok(if user == "adopted" { ADOPTED.to_owned() } else { parameter_name(PREFIX, &account(stage)?, &user.parse()?) })
}

pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let account = account(stage)?;
    let mut variables = stage.functions.variables(KEY_ROTATION);
    variables.insert("PARAMETER_PREFIX".to_owned(), PREFIX.to_owned());
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await?;
    // A night that failed on purpose would else come again in the middle of a later one.
    stage.functions.set_retries(KEY_ROTATION, 0).await?;
    let without_list = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    checks.tried("without a list no key is made", no_key(&without_list, &account));
    by_people(stage).await?;
    stage.state.put(LIST, &list(&account)).await?;
    let broken = json!({ "operation": "ssm:PutParameter", "error": "InternalServerError", "status": 500, "times": -1 });
    stage.admin.add_fault(broken).await?;
    let first = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    checks.tried("a parameter that cannot be written is a failure beside its published key", behind(&first, &account));
    checks.tried("a parameter of somebody else is left as it is and named", foreign(stage, &first, &account).await);
    stage.admin.clear_faults().await?;
    stage.admin.age(1).await?;
    let second = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    checks.tried("the next night brings every parameter into step", mended(&second, &account));
    checks.tried("each holds the pair that the secret hands out, encrypted, in its layout", values(stage).await);
    checks.tried("who is in no list, or not opted in, has none", without_parameter(stage).await);
    checks.tried("without KeepsTheUsersParameters no key is made", without_permission(stage, &account).await);
    Ok(())
}

fn list(account: &AccountId) -> Value {
    json!({ "schema_version": 1, "parameters": [
        { "users": [format!("{account}/adopted")], "layout": "new-old", "name": ADOPTED, "adopt": true },
        { "users": [format!("{account}/alice"), format!("{account}/foreign"), format!("{account}/later")], "layout": "new-old" },
        { "users": ["*/*"], "layout": "json", "tagged": true }
    ] })
}

/// What AWS-AccessKey-Rotation would have left of the user's key.
fn peers_value(pair: &KeyPair) -> String {
    format!("NEW\naws_access_key_id = {}\naws_secret_access_key = {}", pair.id, pair.secret.expose_secret())
}

async fn by_people(stage: &Stage) -> anyhow::Result<()> {
    for user in ["adopted", "foreign"] {
        let old = stage.user(user)?.keys.values().next().context("a user without a key")?;
        let put = store(stage)?.put_parameter().name(name_of(stage, user)?).value(peers_value(old));
        put.r#type(ParameterType::SecureString).send().await?;
    }
    Ok(())
}

fn result<'a>(night: &'a Night, account: &AccountId) -> anyhow::Result<&'a AccountResult> {
    night.results.get(account).context("the account has no result")
}

fn no_key(night: &Night, account: &AccountId) -> anyhow::Result<Vec<String>> {
    let rows = result(night, account)?.steps.iter().filter(|row| row.step == StepKind::Create);
    let says = |error: &Option<String>| {
        error.as_deref().is_some_and(|error| error.contains("no list of parameters keywheel/parameters.json"))
    };
    let wrong = rows.filter(|row| row.status != StepStatus::Failed || !says(&row.error));
    Ok(wrong.map(|row| format!("{}: {:?} {:?}", row.user, row.status, row.error)).collect())
}

/// The status of what was said of a user's parameter.
fn standing(result: &AccountResult, user: &str) -> Option<StepStatus> {
    let mut rows = result.steps.iter().filter(|row| row.user.as_str() == user && row.reason == Reason::ParameterBehind);
    rows.next().map(|row| row.status)
}

fn published(result: &AccountResult, user: &str) -> bool {
    result
        .steps
        .iter()
        .any(|row| row.user.as_str() == user && row.step == StepKind::Publish && row.status == StepStatus::Done)
}

fn behind(night: &Night, account: &AccountId) -> anyhow::Result<Vec<String>> {
    let result = result(night, account)?;
    let mut wrong = Vec::new();
    for user in ["alice", "bob@example.com", "adopted"] {
        if (published(result, user), standing(result, user)) != (true, Some(StepStatus::Failed)) {
            wrong.push(format!("{user}: {:?}", result.steps));
        }
    }
    if (published(result, "plain"), standing(result, "plain")) != (true, None) {
        wrong.push(format!("plain: {:?}", result.steps));
    }
    Ok(wrong)
}

async fn foreign(stage: &Stage, night: &Night, account: &AccountId) -> anyhow::Result<Vec<String>> {
    let row = result(night, account)?.steps.iter().find(|row| row.user.as_str() == "foreign").context("no row")?;
    let says = row.error.as_deref().unwrap_or_default();
    let name = name_of(stage, "foreign")?;
    let is_said = row.step == StepKind::Create && row.status == StepStatus::Failed && says.contains(&name);
    let old = stage.user("foreign")?.keys.values().next().context("no key")?;
    let is_kept = value(stage, "foreign").await?.0 == peers_value(old);
    Ok(if is_said && is_kept { Vec::new() } else { vec![format!("{row:?}, left as it was: {is_kept}")] })
}

fn mended(night: &Night, account: &AccountId) -> anyhow::Result<Vec<String>> {
    let result = result(night, account)?;
    let users = ["alice", "bob@example.com", "adopted"];
    let wrong = users.into_iter().filter(|user| standing(result, user) != Some(StepStatus::Done));
    Ok(wrong.map(|user| format!("{user}: {:?}", result.steps)).collect())
}

/// The parameter's value and type.
async fn value(stage: &Stage, user: &str) -> anyhow::Result<(String, Option<ParameterType>)> {
    let name = name_of(stage, user)?;
    let found = store(stage)?.get_parameter().name(&name).with_decryption(true).send().await;
    let found = found.with_context(|| format!("{name} cannot be read"))?.parameter.context("no parameter")?;
    Ok((found.value.unwrap_or_default(), found.r#type))
}

async fn values(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let issued = stage.admin.credentials().await?;
    for (user, starts, pairs) in [("alice", "NEW\n", 1), ("bob@example.com", "{", 1), ("adopted", "NEW\n", 2)] {
        let (text, kind) = value(stage, user).await?;
        let content = ParameterContent::parse(&text).with_context(|| format!("{user}: no pair"))?;
        let old = stage.user(user)?.keys.values().next().context("no key")?;
        let is_new = content.new.id != old.id;
        let is_true = issued
            .iter()
            .any(|one| one.access_key_id == content.new.id.as_str() && text.contains(&one.secret_access_key));
        let old_is_true = content.old.as_ref().is_none_or(|held| held.is(old));
        let held = 1 + usize::from(content.old.is_some());
        let is_secure = kind == Some(ParameterType::SecureString);
        if !(is_new && is_true && old_is_true && is_secure && text.starts_with(starts) && held == pairs) {
            wrong.push(format!("{user}: new {is_new}, true {is_true} {old_is_true}, secure {is_secure}, {held} pairs"));
        }
    }
    Ok(wrong)
}

async fn without_parameter(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for user in ["plain", "later"] {
        if value(stage, user).await.is_ok() {
            wrong.push(format!("{user} has a parameter"));
        }
    }
    Ok(wrong)
}

/// A key is asked for while the role may not look at parameters, and again when it may.
async fn without_permission(stage: &Stage, account: &AccountId) -> anyhow::Result<Vec<String>> {
    let iam = aws_sdk_iam::Client::new(&stage.clients.root_of(account));
    let text = Policies::of(&stage.organization).text("member", &[("account", account.as_str())])?;
    let mut less: Value = serde_json::from_str(&text)?;
    let statements = less["Statement"].as_array_mut().context("no statements")?;
    statements.retain(|statement| statement["Sid"] != "KeepsTheUsersParameters");
    let mut said = Vec::new();
    for policy in [less.to_string(), text] {
        let put = iam.put_role_policy().role_name(MEMBER_ROLE).policy_name(MEMBER_ROLE).policy_document(policy);
        put.send().await?;
        let event = json!({ "account": account, "force_rotate": ["later"] });
        said.push(stage.functions.invoke(KEY_ROTATION, &event).await?.payload.to_string());
    }
    let refused = said[0].contains("ssm:GetParameter") && said[0].contains("not authorized");
    let made = value(stage, "later").await.is_ok() && !said[1].contains("not authorized");
    Ok(if refused && made { Vec::new() } else { said })
}
