//! Digests for notification, and what became of them.

use anyhow::Context;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clients::REGION;
use crate::stage::Stage;

/// The account's name: not ASCII, as headers have to show it.
pub(super) const ACCOUNT_NAME: &str = "Zahlungen für alle";

/// A digest for a recipient, with one notice that no other digest has.
pub(super) fn digest(stage: &Stage, recipient: &str, notice: u32) -> Value {
    let entry = json!({
        "notice_id": format!("{notice:032x}"), "user": "alice", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "step": "create",
        "status": "done", "reason": "rotation-due", "due": null,
    });
    json!({
        "schema_version": 1, "run_id": "channels", "mode": "enforce", "at": Timestamp::now(), "region": REGION,
        "account": { "id": stage.organization.hub(), "name": ACCOUNT_NAME, "partition": "aws" }, "template": "digest",
        "recipient": { "email": recipient, "role": "account-owner" },
        "periods": { "rotation": 90, "install_grace": 10, "recovery_grace": 35 }, "entries": [entry],
    })
}

/// What became of a digest.
#[derive(Debug)]
pub(super) struct Told {
    /// How many notices were sent, deferred and failed, or nothing where the function failed.
    pub(super) counts: Option<[u64; 3]>,
    /// What the record of the notice says: `sent`, `deferred` or `bounced`.
    pub(super) state: String,
    /// Why, in the record.
    pub(super) detail: String,
}

/// Hands a digest to a function.
pub(super) async fn tell(stage: &Stage, function: &str, digest: &Value) -> anyhow::Result<Told> {
    let answer = stage.functions.invoke(function, digest).await?;
    let count = |name: &str| answer.payload[name].as_u64();
    let counts = count("sent").zip(count("deferred")).zip(count("failed"));
    let notice = digest["entries"][0]["notice_id"].as_str().context("a digest without a notice")?;
    let records = stage.state.values(&format!("notices/{}/{notice}", stage.organization.hub())).await?;
    let record = records.into_values().next().with_context(|| format!("{function} recorded nothing: {answer:?}"))?;
    Ok(Told {
        counts: counts.map(|((sent, deferred), failed)| [sent, deferred, failed]),
        state: record["state"].as_str().unwrap_or_default().to_owned(),
        detail: record["detail"].as_str().unwrap_or_default().to_owned(),
    })
}
