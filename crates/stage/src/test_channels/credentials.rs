//! Credentials that change while the functions run: read anew after a refusal, once, and never shown.

use serde_json::json;

use super::digest::{digest, tell};
use super::mailers::{IMPLICIT, MAILGUN, Mailers};
use super::servers::Servers;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// Everything that was a credential at some time.
const SECRETS: [&str; 6] =
    ["first-password", "second-password", "third-password", "first-api-key", "second-api-key", "third-api-key"];

/// A mailer whose credentials change.
struct Changing {
    mailer: &'static str,
    /// How the servers count a refused login.
    refusals: &'static str,
    /// The answer to it.
    says: &'static str,
    first_notice: u32,
}

const CHANGING: [Changing; 2] = [
    Changing { mailer: IMPLICIT, refusals: "login bad", says: "535", first_notice: 1_000 },
    Changing { mailer: MAILGUN, refusals: "key bad", says: "401", first_notice: 2_000 },
];

/// Changes the credentials of both mailers, which have sent with the first ones before.
pub(super) async fn check(
    stage: &Stage,
    servers: &Servers,
    mailers: &Mailers,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    for changing in CHANGING {
        let told = async |number: u32| {
            let digest = digest(stage, "owner@example.com", changing.first_notice + number);
            let before = servers.tries(changing.refusals).await?;
            let told = tell(stage, changing.mailer, &digest).await?;
            anyhow::Ok((told, servers.tries(changing.refusals).await? - before))
        };
        let mailer = changing.mailer;
        servers.expect(json!({ "password": "second-password", "api_key": "second-api-key" })).await?;
        let (refused, tries) = told(1).await?;
        let is_deferred = refused.state == "deferred" && refused.detail.contains(changing.says) && tries == 2;
        checks.holds(
            &format!("{mailer}: refused credentials are read anew once, and the mail waits"),
            is_deferred,
            || format!("{refused:?}, {tries} refusals"),
        );
        mailers.keep_login("second-password").await?;
        mailers.keep_key("second-api-key").await?;
        let (sent, tries) = told(1).await?;
        let is_sent = sent.counts == Some([1, 0, 0]) && tries == 0;
        checks.holds(&format!("{mailer}: the next run sends it with the new credentials"), is_sent, || {
            format!("{sent:?}, {tries} refusals")
        });
        // Both sides at once, as a rotation of the credentials does it.
        mailers.keep_login("third-password").await?;
        mailers.keep_key("third-api-key").await?;
        servers.expect(json!({ "password": "third-password", "api_key": "third-api-key" })).await?;
        let (sent, tries) = told(2).await?;
        let is_sent = sent.counts == Some([1, 0, 0]) && tries == 1;
        checks.holds(&format!("{mailer}: a mail goes out with credentials that were just changed"), is_sent, || {
            format!("{sent:?}, {tries} refusals")
        });
        mailers.keep_login("first-password").await?;
        mailers.keep_key("first-api-key").await?;
        servers.expect(json!({ "password": "first-password", "api_key": "first-api-key" })).await?;
    }
    shown(stage, servers, checks).await
}

async fn shown(stage: &Stage, servers: &Servers, checks: &mut Checks) -> anyhow::Result<()> {
    let lines = stage.admin.function_log().await?;
    let records = stage.state.texts("").await?;
    let texts = lines.iter().map(|line| &line.line).chain(records.values());
    let shown: Vec<_> =
        texts.filter(|text| SECRETS.iter().any(|secret| text.contains(secret))).map(Clone::clone).collect();
    checks.none("no credential is in a log or in the state bucket", shown);
    let bare = servers.tries("login without TLS").await?;
    checks.holds("no login is tried without TLS", bare == 0, || format!("{bare} times"));
    Ok(())
}
