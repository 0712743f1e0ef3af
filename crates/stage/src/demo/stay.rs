//! How to look around on a stage that is left running.
#![expect(clippy::print_stdout, reason = "the demo's output is what it is for")]

use std::path::Path;

use keywheel_core::secret::secret_name;

use super::files;
use crate::clients::REGION;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION};
use crate::night::Night;
use crate::policies::STATE_BUCKET;
use crate::stage::Stage;

/// Says how to talk to the stage, and waits for Ctrl-C; the emulator ends with this process.
pub(super) async fn stay(stage: &Stage, night: &Night, out: &Path) {
    println!("\nThe stage is running until Ctrl-C. In another terminal:");
    for (title, commands) in lines(stage, night, out) {
        println!("\n# {title}");
        for command in commands {
            println!("{command}");
        }
    }
    std::future::pending::<()>().await;
}

/// What one may want to see, and the commands that show it.
fn lines(stage: &Stage, night: &Night, out: &Path) -> Vec<(&'static str, Vec<String>)> {
    let (hub, management) = (stage.organization.hub(), &stage.organization.management);
    let endpoint = stage.emulator.endpoint();
    let root_of = |account: &_| format!("export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=test");
    let mut lines = vec![
        (
            "Where, and as whom: the id of an account is the access key of its root, here the hub's",
            vec![
                "unset AWS_SESSION_TOKEN AWS_PROFILE".to_owned(),
                format!("export AWS_ENDPOINT_URL={endpoint} AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}"),
                root_of(hub),
            ],
        ),
        (
            "What Keywheel wrote and logged, and another night",
            vec![
                format!("aws s3 ls --recursive s3://{STATE_BUCKET}/"),
                format!("aws logs filter-log-events --log-group-name /aws/lambda/{KEY_ROTATION} --max-items 5"),
                format!("aws lambda invoke --function-name {ACCOUNT_INVENTORY} /dev/stdout"),
            ],
        ),
    ];
    lines.push((
        "Keywheel's own command line (in target/debug/ after `cargo build --package keywheel-cli --package keywheel-stage`)",
        command_line(stage),
    ));
    if let Some(mail) = files::mails(night).first() {
        let page = format!("{endpoint}/_ministack/ses/messages?account={hub}");
        let file = files::mail_file(out, 0, mail, "txt");
        lines.push(("A mail, and all of them", vec![format!("cat '{}'", file.display()), format!("curl -s '{page}'")]));
    }
    let mut users = stage.seeded.users.iter();
    if let Some(user) = users.find(|user| user.case == "due" && user.account != *hub) {
        let secret = secret_name(&user.account, &user.name);
        lines.push((
            "A user's keys and secret. Root passes over policies here; in AWS this one refuses all but the user and the named readers",
            vec![
                root_of(&user.account),
                format!("aws iam list-access-keys --user-name '{}'", user.name),
                "aws secretsmanager list-secrets --query 'SecretList[].Name'".to_owned(),
                format!("aws secretsmanager list-secret-version-ids --secret-id '{secret}'"),
                format!("aws secretsmanager get-secret-value --secret-id '{secret}'"),
            ],
        ));
    }
    lines.push(("The organization", vec![root_of(management), "aws organizations list-accounts".to_owned()]));
    lines
}

/// What whoever is on call types in the hub: the state of things, and an old key that works again.
fn command_line(stage: &Stage) -> Vec<String> {
    let mut lines = vec![
        format!("keywheel status --function {KEY_ROTATION}"),
        format!("keywheel doctor --function {KEY_ROTATION} --function {ACCOUNT_INVENTORY}"),
        format!("keywheel report --run latest --function {KEY_ROTATION}"),
    ];
    let superseded = stage.seeded.users.iter().find(|user| user.case == "superseded and taken up");
    lines.extend(
        superseded.map(|user| {
            format!("keywheel rollback {} --account {} --function {KEY_ROTATION}", user.name, user.account)
        }),
    );
    lines
}
