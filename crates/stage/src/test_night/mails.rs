//! Templates from S3: used where they are good, and the function's own where S3 has none or broken ones; and a notice is sent once.

use jiff::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{AccountLabel, Digest, DigestEntry, DigestPeriods, Recipient, RecipientRole};
use keywheel_core::contract::result::StepStatus;
use keywheel_core::notice::{NoticeKind, NoticeSubject};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use serde_json::{Value, json};

use super::checks::Checks;
use crate::admin::Mail;
use crate::functions::NOTIFICATION;
use crate::stage::Stage;

const RECIPIENT: &str = "templates@example.com";
const BROKEN: &str = "{% if ";
const CUSTOM: &str = "A subject of this organization's own for {{ account.label }}";
/// What the log says when the function's own templates are used.
const FALLBACK: &str = "this release's own templates were used";

/// Tries good, missing and broken templates.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    stage.state.put_template("templates/broken/digest/subject.txt", "A subject").await?;
    stage.state.put_template("templates/broken/digest/body.txt", "A text").await?;
    stage.state.put_template("templates/broken/digest/body.html", BROKEN).await?;
    stage.state.copy_templates("templates/custom/").await?;
    stage.state.put_template("templates/custom/digest/subject.txt", CUSTOM).await?;

    let custom = sent(stage, "custom", 1).await?;
    let subject = custom.mails.first().map(Mail::subject).unwrap_or_default();
    checks.holds("a template in S3 is used", subject.starts_with("A subject of this organization's own"), || {
        subject.to_owned()
    });
    for (prefix, number) in [("none", 2), ("broken", 3)] {
        let sent = sent(stage, prefix, number).await?;
        checks.holds(
            &format!("where S3 has {prefix} templates, the function's own are used"),
            sent.mails.len() == 1,
            || sent.answer.to_string(),
        );
        let logged = sent.log.iter().any(|line| line.contains(FALLBACK) && line.contains("digest"));
        let counted = sent.log.iter().any(|line| line.contains("\"TemplatesEmbedded\":1"));
        checks.holds(&format!("where S3 has {prefix} templates, log and metric say so"), logged && counted, || {
            sent.log.join("\n")
        });
    }

    let before = stage.admin.mails().await?.len();
    let again = stage.functions.invoke(NOTIFICATION, &digest(stage, 1)?).await?;
    let mails = stage.admin.mails().await?.len();
    let nothing = mails == before && again.payload == json!({ "sent": 0, "deferred": 0, "failed": 0 });
    checks.holds("a notice that was sent is not sent again", nothing, || again.payload.to_string());
    Ok(())
}

/// What a digest led to.
struct Sent {
    answer: Value,
    mails: Vec<Mail>,
    log: Vec<String>,
}

async fn sent(stage: &Stage, prefix: &str, number: u32) -> anyhow::Result<Sent> {
    let mut variables = stage.functions.variables(NOTIFICATION);
    variables.insert("TEMPLATE_PREFIX".to_owned(), format!("templates/{prefix}/"));
    let name = format!("{NOTIFICATION}-{prefix}");
    stage.functions.create(&name, NOTIFICATION, variables).await?;
    let before = stage.admin.mails().await?.len();
    let answer = stage.functions.invoke(&name, &digest(stage, number)?).await?.payload;
    let mails = stage.admin.mails().await?.split_off(before);
    let log = stage.admin.function_log().await?.into_iter().filter(|line| line.function == name);
    Ok(Sent { answer, mails, log: log.map(|line| line.line).collect() })
}

/// A digest with one entry; each number has a notice of its own.
fn digest(stage: &Stage, number: u32) -> anyhow::Result<Value> {
    let user = stage.user("flow-logs")?;
    let account = stage.account("network")?;
    let key = user.keys.values().next().map(|key| key.id.clone());
    let kind = NoticeKind::Blocked(Reason::ConflictTwoActive, number);
    let notice_id = key.as_ref().map(|key| {
        let (account, user_id) = (&user.account, &user.user_id);
        NoticeSubject { account, user_id, key, episode: 0, kind: &kind }.notice_id(RECIPIENT)
    });
    let entry = DigestEntry {
        notice_id: notice_id.ok_or_else(|| anyhow::anyhow!("the user has no key"))?,
        user: user.name.clone(),
        access_key_id: key,
        replacement: None,
        other_key: None,
        step: StepKind::Skip,
        status: StepStatus::Done,
        reason: Reason::ConflictTwoActive,
        due: None,
        secret_name: None,
        secret_arn: None,
        last_used: None,
        instructions: Vec::new(),
        detail: None,
        encrypted_pair: None,
    };
    let digest = Digest {
        schema_version: SCHEMA,
        run_id: "templates".parse()?,
        mode: Mode::Enforce,
        at: Timestamp::now(),
        account: AccountLabel { id: account.id.clone(), name: account.name.clone(), partition: "aws".parse()? },
        region: crate::clients::REGION.to_owned(),
        recipient: Recipient { email: RECIPIENT.to_owned(), role: RecipientRole::Security },
        template: "digest".to_owned(),
        periods: DigestPeriods { rotation: 90, install_grace: 10, recovery_grace: 35 },
        entries: vec![entry],
    };
    Ok(serde_json::to_value(digest)?)
}
