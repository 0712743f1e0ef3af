//! Each statement is taken out of the installed role; what needs it fails then, and does not when the statement is back.

use std::time::{Duration, Instant};

use anyhow::Context;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use keywheel_core::id::AccountId;
use serde_json::{Value, json};

use super::rows::{Invoked, ROWS, Row};
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::organization::Account;
use crate::policies::{Policies, STATE_BUCKET};
use crate::stage::Stage;
use crate::state::STATE_PREFIX;
use crate::test_night::checks::Checks;
use crate::test_night::permissions::ROLES;

/// How long a line of the log may take to arrive.
const LOG_PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// Goes through every row, each with an account of its own.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    stage.functions.set_retries(KEY_ROTATION, 0).await?;
    stage.functions.set_retries(NOTIFICATION, 0).await?;
    let accounts: Vec<_> = stage.organization.accounts.iter().filter(|account| !account.users.is_empty()).collect();
    for (row, account) in ROWS.iter().zip(accounts) {
        let event = match row.invoked {
            Invoked::Inventory => json!({ "accounts": [account.id] }),
            Invoked::Finish => json!({ "finish": "there-never-was-one" }),
            Invoked::Digest => unsent_digest(stage, account).await?,
            _ => job(account),
        };
        let name = format!("without {} of {} {} is refused", row.sid, row.policy, row.says);
        checks.tried(&name, without(stage, row, &account.id, &event).await);
    }
    Ok(())
}

/// What is wrong about a row.
async fn without(stage: &Stage, row: &Row, account: &AccountId, event: &Value) -> anyhow::Result<Vec<String>> {
    match row.invoked {
        Invoked::FirstJob => remove_ledger(stage, account).await?,
        Invoked::SecondJob => drop(stage.functions.invoke(KEY_ROTATION, event).await?),
        // With a process of its own, which has not read a template yet.
        Invoked::Digest => {
            stage.functions.create(row.sid, NOTIFICATION, stage.functions.variables(NOTIFICATION)).await?;
        }
        Invoked::Inventory | Invoked::Finish | Invoked::Job => {}
    }
    let installed = Installed::of(stage, row, account)?;
    installed.put(Some(row.sid)).await?;
    let failed = said(stage, row, event, true).await?;
    installed.put(None).await?;
    let mut wrong = Vec::new();
    if !is_refused(&failed, row) {
        wrong.push(format!("nothing names it: {failed}"));
    }
    let back = said(stage, row, event, false).await?;
    if is_refused(&back, row) {
        wrong.push(format!("it is refused with the statement too: {back}"));
    }
    Ok(wrong)
}

/// Whether an error names what was not allowed.
fn is_refused(said: &str, row: &Row) -> bool {
    said.contains("not authorized to perform") && said.contains(row.says)
}

async fn remove_ledger(stage: &Stage, account: &AccountId) -> anyhow::Result<()> {
    let storage = StorageClient::new(&stage.clients.root_of(stage.organization.hub()));
    let key = format!("{STATE_PREFIX}ledger/{account}.json");
    storage.delete_object().bucket(STATE_BUCKET).key(key).send().await?;
    Ok(())
}

/// What a function answers and, unless that already names what is refused, logs.
async fn said(stage: &Stage, row: &Row, event: &Value, expected: bool) -> anyhow::Result<String> {
    let function = match row.invoked {
        Invoked::Inventory | Invoked::Finish => ACCOUNT_INVENTORY,
        Invoked::Job | Invoked::FirstJob | Invoked::SecondJob => KEY_ROTATION,
        Invoked::Digest => row.sid,
    };
    stage.admin.take_function_log().await?;
    let answer = stage.functions.invoke(function, event).await?;
    let (answered, began) = (answer.payload.to_string(), Instant::now());
    loop {
        let lines = stage.admin.function_log().await?;
        let logged = lines.into_iter().filter(|line| line.function == function).map(|line| line.line);
        let said = [answered.clone()].into_iter().chain(logged).collect::<Vec<_>>().join("\n");
        if !expected || is_refused(&said, row) || began.elapsed() > LOG_PATIENCE {
            return Ok(said);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn job(account: &Account) -> Value {
    json!({ "account": account.id, "name": account.name, "email": account.email })
}

/// A digest that key-rotation made, and that notification has neither sent nor recorded, as it may not.
async fn unsent_digest(stage: &Stage, account: &Account) -> anyhow::Result<Value> {
    let row = ROWS.iter().find(|row| row.sid == "RecordsWhatWasSent").context("nothing records")?;
    let installed = Installed::of(stage, row, &account.id)?;
    installed.put(Some(row.sid)).await?;
    stage.functions.invoke(KEY_ROTATION, &job(account)).await?;
    let digest = loop {
        let calls = stage.admin.function_calls().await?;
        let of_account = |event: &Value| event["account"]["id"] == account.id.as_str();
        let mut handed = calls.into_iter().filter(|call| call.function == NOTIFICATION && of_account(&call.event));
        if let Some(call) = handed.find(|call| !call.answer.is_null()) {
            break call.event;
        }
        tokio::time::sleep(POLL).await;
    };
    installed.put(None).await?;
    Ok(digest)
}

/// A role's policy as it is installed.
struct Installed {
    iam: IamClient,
    role: &'static str,
    text: String,
}

impl Installed {
    fn of(stage: &Stage, row: &Row, account: &AccountId) -> anyhow::Result<Self> {
        let (role, _) = ROLES.into_iter().find(|(_, policy)| *policy == row.policy).context("there is no such role")?;
        let place = match row.policy {
            "member" => account,
            "organization-list" => &stage.organization.management,
            _ => stage.organization.hub(),
        };
        let text = Policies::of(&stage.organization).text(row.policy, &[("account", account.as_str())])?;
        Ok(Self { iam: IamClient::new(&stage.clients.root_of(place)), role, text })
    }

    /// Installs it, without a statement where one is named.
    async fn put(&self, without: Option<&str>) -> anyhow::Result<()> {
        let mut policy: Value = serde_json::from_str(&self.text)?;
        let statements = policy["Statement"].as_array_mut().context("a policy without statements")?;
        let count = statements.len();
        statements.retain(|statement| statement["Sid"].as_str() != without);
        anyhow::ensure!(without.is_none() || statements.len() + 1 == count, "no statement is called {without:?}");
        if statements.is_empty() {
            self.iam.delete_role_policy().role_name(self.role).policy_name(self.role).send().await?;
            return Ok(());
        }
        let put = self.iam.put_role_policy().role_name(self.role).policy_name(self.role);
        put.policy_document(policy.to_string()).send().await?;
        Ok(())
    }
}
