//! The emulator's own routes: what no AWS API can do or show. `emulator/README.md` describes them.

mod seen;

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clients::REGION;

pub use seen::{Call, FunctionCall, FunctionLine, IssuedCredential, Mail};

/// The routes of one emulator.
#[derive(Clone, Debug)]
pub struct Admin {
    agent: ureq::Agent,
    base: String,
}

impl Admin {
    pub(crate) fn new(endpoint: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        Self { agent: config.into(), base: format!("{endpoint}/_stage/") }
    }

    /// When IAM made a key.
    pub async fn set_key_created(&self, account: &AccountId, key: &AccessKeyId, at: Timestamp) -> anyhow::Result<()> {
        let set = json!({ "CreateDate": iam_date(at) });
        self.post("key", json!({ "account": account, "access_key_id": key, "set": set })).await
    }

    /// Gives a key to another user, whatever the quota says.
    pub async fn give_key(&self, account: &AccountId, key: &AccessKeyId, user: &str) -> anyhow::Result<()> {
        self.post("key", json!({ "account": account, "access_key_id": key, "set": { "UserName": user } })).await
    }

    /// When, where and for what a key was last used.
    pub async fn set_last_use(&self, key: &AccessKeyId, at: Timestamp, service: &str) -> anyhow::Result<()> {
        let set = json!({ "LastUsedDate": iam_date(at), "Region": REGION, "ServiceName": service });
        self.post("last-use", json!({ "access_key_id": key, "set": set })).await
    }

    /// When a user was made.
    pub async fn set_user_created(&self, account: &AccountId, user: &str, at: Timestamp) -> anyhow::Result<()> {
        self.post("user", json!({ "account": account, "user": user, "set": { "CreateDate": iam_date(at) } })).await
    }

    /// When a version of a secret was put.
    pub async fn set_version_created(
        &self,
        account: &AccountId,
        secret: &str,
        version: &str,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let place = json!({ "account": account, "region": REGION, "secret": secret, "id": version,
            "set": { "CreatedDate": at.as_second() } });
        self.post("secret-version", place).await
    }

    /// The state of an account, such as `SUSPENDED`.
    pub async fn set_account_state(&self, account: &AccountId, state: &str) -> anyhow::Result<()> {
        self.post("account", json!({ "account": account, "set": { "Status": state } })).await
    }

    /// Pages shorter than asked for, and empty ones with a token.
    pub async fn set_short_pages(&self, short: bool) -> anyhow::Result<()> {
        self.post("settings", json!({ "set": { "short_pages": short } })).await
    }

    /// Makes calls fail; see `emulator/README.md` for the fields.
    pub async fn add_fault(&self, fault: Value) -> anyhow::Result<()> {
        self.post("faults", fault).await
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) -> anyhow::Result<()> {
        self.request("DELETE", "faults", None).await.map(|_: Value| ())
    }

    /// Every call so far.
    pub async fn calls(&self) -> anyhow::Result<Vec<Call>> {
        self.request("GET", "calls", None).await
    }

    /// Every line that a function wrote so far.
    pub async fn function_log(&self) -> anyhow::Result<Vec<FunctionLine>> {
        self.request("GET", "function-log", None).await
    }

    /// Every line that a function wrote since the last time that they were taken; they are then forgotten.
    pub async fn take_function_log(&self) -> anyhow::Result<Vec<FunctionLine>> {
        let lines = self.function_log().await?;
        self.request("DELETE", "function-log", None).await.map(|_: Value| ())?;
        Ok(lines)
    }

    /// Every event that a function was handed so far, and its answer.
    pub async fn function_calls(&self) -> anyhow::Result<Vec<FunctionCall>> {
        self.request("GET", "function-calls", None).await
    }

    /// Every call since the last time that they were taken; they are then forgotten.
    pub async fn take_calls(&self) -> anyhow::Result<Vec<Call>> {
        let calls = self.calls().await?;
        self.request("DELETE", "calls", None).await.map(|_: Value| ())?;
        Ok(calls)
    }

    /// Every event and answer since the last time that they were taken; they are then forgotten.
    pub async fn take_function_calls(&self) -> anyhow::Result<Vec<FunctionCall>> {
        let calls = self.function_calls().await?;
        self.request("DELETE", "function-calls", None).await.map(|_: Value| ())?;
        Ok(calls)
    }

    /// Moves the world so many days into the past: IAM, Secrets Manager, Organizations, and every date in every JSON object in S3.
    /// A night then finds it as many days older, and no clock was touched.
    pub async fn age(&self, days: impl Into<f64>) -> anyhow::Result<()> {
        self.post("age", json!({ "days": days.into() })).await
    }

    /// Every secret half and session token that was ever issued.
    pub async fn credentials(&self) -> anyhow::Result<Vec<IssuedCredential>> {
        let issued: BTreeMap<String, IssuedCredential> = self.request("GET", "credentials", None).await?;
        Ok(issued.into_values().collect())
    }

    /// Every mail so far.
    pub async fn mails(&self) -> anyhow::Result<Vec<Mail>> {
        let mails: BTreeMap<String, Vec<Mail>> = self.request("GET", "mails", None).await?;
        Ok(mails.into_values().flatten().collect())
    }

    /// Every mail after the first so many; all have to be sent from one account.
    pub async fn mails_after(&self, number: usize) -> anyhow::Result<Vec<Mail>> {
        let after = json!({ "after": number });
        let mails: BTreeMap<String, Vec<Mail>> = self.request("GET", "mails", Some(after)).await?;
        Ok(mails.into_values().flatten().collect())
    }

    pub(crate) async fn post(&self, name: &str, body: Value) -> anyhow::Result<()> {
        self.request("POST", name, Some(body)).await.map(|_: Value| ())
    }

    async fn request<T: DeserializeOwned + Send + 'static>(
        &self,
        method: &'static str,
        name: &str,
        body: Option<Value>,
    ) -> anyhow::Result<T> {
        let (agent, url) = (self.agent.clone(), format!("{}{name}", self.base));
        tokio::task::spawn_blocking(move || send(&agent, method, &url, body)).await?
    }
}

fn send<T: DeserializeOwned>(agent: &ureq::Agent, method: &str, url: &str, body: Option<Value>) -> anyhow::Result<T> {
    let text = body.as_ref().map(Value::to_string).unwrap_or_default();
    let answer = match (method, body) {
        ("POST", _) => agent.post(url).send(&text),
        ("DELETE", _) => agent.delete(url).call(),
        (_, None) => agent.get(url).call(),
        (_, Some(_)) => agent.get(url).force_send_body().send(&text),
    };
    let mut answer = answer.with_context(|| format!("{method} {url}"))?;
    let status = answer.status();
    let bytes = answer.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
    ensure!(status == 200, "{method} {url} {text}: {status} {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).with_context(|| format!("{method} {url} answered something else"))
}

/// A date as IAM's tables in the emulator hold it: whole seconds.
fn iam_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
