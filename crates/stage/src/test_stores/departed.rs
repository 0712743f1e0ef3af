//! An account that left the organization: what is left of it is put away after the grace, and everything of the others stays.

use aws_sdk_s3::Client as StorageClient;
use keywheel_core::id::{AccessKeyId, AccountId, UserId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::secret::{VersionId, secret_name};
use serde_json::json;

use super::central::hub;
use super::parameters::account;
use crate::functions::{ACCOUNT_INVENTORY, TIMEOUT};
use crate::night;
use crate::policies::ACK_BUCKET;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const LEFT: &str = "444455556666";
/// Longer than there is between two looks at who left, and short enough that the one before is remembered.
const WEEKS: i32 = 20;
/// With those longer than `HOUSEKEEPING_AFTER`.
const REST_OF_GRACE: i32 = 11;

/// What is there of the account: its ledger, a notice, an acknowledgement, and a secret in the hub that is not scheduled for deletion.
type Found = [bool; 4];

pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let mut variables = stage.functions.variables(ACCOUNT_INVENTORY);
    variables.insert("ACK_BUCKET".to_owned(), ACK_BUCKET.to_owned());
    stage.functions.configure(ACCOUNT_INVENTORY, TIMEOUT, variables).await?;
    leave(stage).await?;
    for (days, name, expected) in [
        (0, "of an account that is not listed everything is there at first", [true; 4]),
        (WEEKS, "and until the grace is over", [true; 4]),
        (REST_OF_GRACE, "after it nothing is, but for a secret that can be restored", [false; 4]),
    ] {
        stage.admin.age(days).await?;
        night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
        let answer = stage.functions.invoke(ACCOUNT_INVENTORY, &json!({ "finish": "latest" })).await?;
        let found = found(stage).await?;
        let wrong = (found != expected).then(|| format!("{found:?}, {}", answer.payload));
        checks.tried(name, Ok(wrong.into_iter().collect()));
    }
    let others = stage.state.texts(&format!("ledger/{}", account(stage)?)).await?;
    checks.holds("the ledgers of other accounts stay", others.len() == 1, || format!("{:?}", others.keys()));
    Ok(())
}

/// What an account with one user leaves behind that had its secret in the hub.
async fn leave(stage: &Stage) -> anyhow::Result<()> {
    let (left, user): (AccountId, UserName) = (LEFT.parse()?, "web".parse()?);
    let (user_id, key): (UserId, AccessKeyId) = ("AIDALEFT000000000001".parse()?, "AKIALEFT000000000001".parse()?);
    let name = secret_name(&left, &user);
    let version = VersionId::of(&left, &user_id, &key);
    let made = hub(stage).create_secret().name(&name).client_request_token(version.as_str()).secret_string("{}");
    let made = made.send().await?;
    let mut ledger = AccountLedger::new(left.clone());
    ledger.user_mut(&user, &user_id).secret_arn = made.arn;
    ledger.key_mut(&user, &user_id, &key).created = Some(jiff::Timestamp::now());
    stage.state.put(&format!("ledger/{LEFT}.json"), &ledger).await?;
    stage.state.put(&format!("notices/{LEFT}/n-1.json"), &json!({})).await?;
    let put = storage(stage).put_object().bucket(ACK_BUCKET).key(format!("acks/{LEFT}/web/host-1.json"));
    put.body(b"{}".to_vec().into()).send().await?;
    Ok(())
}

async fn found(stage: &Stage) -> anyhow::Result<Found> {
    let ledger = stage.state.texts(&format!("ledger/{LEFT}")).await?;
    let notices = stage.state.texts(&format!("notices/{LEFT}/")).await?;
    let hosts = storage(stage).list_objects_v2().bucket(ACK_BUCKET).prefix(format!("acks/{LEFT}/")).send().await?;
    let name = secret_name(&LEFT.parse()?, &"web".parse()?);
    let secret = hub(stage).describe_secret().secret_id(name).send().await?;
    let is_acknowledged = !hosts.contents.unwrap_or_default().is_empty();
    Ok([!ledger.is_empty(), !notices.is_empty(), is_acknowledged, secret.deleted_date.is_none()])
}

fn storage(stage: &Stage) -> StorageClient {
    StorageClient::new(&stage.clients.root_of(stage.organization.hub()))
}
