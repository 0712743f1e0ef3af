//! One thing to do to one user, by the deployed key-rotation: shown first, then asked for, then done.

use std::collections::BTreeSet;

use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use serde_json::Value;

use crate::accounts;
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::{Deployment, RotationArguments};
use crate::exit::{Ended, failed, usage};
use crate::printer::Printer;
use crate::results::{self, Tally};
use crate::session::Hub;

/// The flags that say whom an action is about, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ActionArguments {
    /// The user
    user: UserName,
    /// The user's account [default: the one that you are signed in to]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Guards that are lifted for this once, by the names that a refusal gives, such as last-used,freeze
    #[arg(long = "override", value_name = "GUARD", value_delimiter = ',', value_parser = guard)]
    overrides: Vec<Guard>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    confirm: ConfirmArguments,
    #[command(flatten)]
    rotation: RotationArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

/// The parts of an action that not every action has.
#[derive(Clone, Debug)]
pub(crate) struct Particulars {
    pub(crate) action: ActionKind,
    pub(crate) access_key_id: Option<AccessKeyId>,
    pub(crate) replace: bool,
}

fn guard(text: &str) -> Result<Guard, String> {
    serde_json::from_value(Value::from(text))
        .map_err(|_| format!("{text:?} is none of last-used, take-up, install-grace, person-inactive, freeze"))
}

/// A key's id. What is none may be a secret half that somebody put into the wrong place, so it is not repeated.
pub(crate) fn key(text: &str) -> anyhow::Result<AccessKeyId> {
    text.parse().map_err(|_| {
        let what = format!("the key's id is no AWS access key id (it has {} characters)", text.chars().count());
        usage(what, "a key's id looks like AKIAEXAMPLE0000000001; `aws iam list-access-keys` names them")
    })
}

/// Shows what the function would do, asks, and has it done.
pub(crate) async fn run(
    printer: &Printer,
    aws: &AwsArguments,
    arguments: &ActionArguments,
    particulars: Particulars,
) -> anyhow::Result<Ended> {
    let action = particulars.action.as_str();
    let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
    let hub = Hub::open(aws, action).await?;
    let account = arguments.account.clone().unwrap_or_else(|| hub.own.account.clone());
    let listed = listed(printer, &hub, &configuration, account).await;
    let asked = Asked::new(arguments.rotation.name(&configuration), listed, arguments, particulars)?;
    let deployment = Deployment::new(&hub.config);
    let preview = asked.send(&deployment, Some(Mode::Audit)).await?;
    show(printer, &preview)?;
    if !preview.steps.iter().any(|row| row.status == StepStatus::Planned && row.step != StepKind::Skip) {
        return Ok(not_possible(printer, &preview));
    }
    if arguments.dry_run {
        printer.note("nothing was changed");
        return Ok(Ended::Done);
    }
    let what = format!("Do this to user {} of account {}", asked.event.username, preview.account);
    arguments.confirm.obtain(&what, arguments.user.as_str())?;
    let result = asked.send(&deployment, None).await?;
    show(printer, &result)?;
    let mut tally = Tally::default();
    tally.add(&result);
    Ok(tally.say(printer))
}

/// The account with its owner's address, to which the mail about the action goes: it is done whether or not that is known.
async fn listed(printer: &Printer, hub: &Hub, configuration: &Configuration, account: AccountId) -> ManifestAccount {
    match accounts::listed(hub, configuration, &account).await {
        Ok(listed) => ManifestAccount { account, name: listed.name, email: listed.email },
        Err(error) => {
            printer.warn(&format!("the owner of account {account} is not known, and is not told of this: {error}"));
            printer.hint("--org-list-role-arn takes a role that trusts you and may list the organization");
            ManifestAccount { account, name: String::new(), email: String::new() }
        }
    }
}

/// An action and the function that does it.
struct Asked {
    function: String,
    event: ExplicitAction,
}

impl Asked {
    fn new(
        function: String,
        listed: ManifestAccount,
        arguments: &ActionArguments,
        particulars: Particulars,
    ) -> anyhow::Result<Self> {
        let ManifestAccount { account, name, email } = listed;
        let Particulars { action, access_key_id, replace } = particulars;
        let event = ExplicitAction {
            action,
            username: arguments.user.clone(),
            account: Some(account),
            name,
            email,
            access_key_id,
            replace,
            overrides: arguments.overrides.iter().copied().collect::<BTreeSet<_>>(),
            run_id: None,
            mode: None,
        };
        // By the function's own reader, so that what it would refuse is refused before anything is sent.
        let event = ExplicitAction::parse(serde_json::to_value(event)?)
            .map_err(|error| usage(error.why, format!("keywheel {} --help", action.as_str())))?;
        Ok(Self { function, event })
    }

    async fn send(&self, deployment: &Deployment, mode: Option<Mode>) -> anyhow::Result<AccountResult> {
        let event = serde_json::to_value(ExplicitAction { mode, ..self.event.clone() })?;
        let answer = deployment.call(&self.function, &event).await.and_then(results::read);
        answer.map_err(|error| {
            let hint = "keywheel doctor looks at the deployment; --key-rotation names the function";
            failed(format!("user {}: {error}", self.event.username), hint)
        })
    }
}

fn show(printer: &Printer, result: &AccountResult) -> anyhow::Result<()> {
    let lines: String = result.steps.iter().map(|row| results::line(&result.account, row) + "\n").collect();
    printer.data(&lines)?;
    result.error.iter().for_each(|error| printer.failure(&format!("account {}: {error}", result.account)));
    Ok(())
}

/// Nothing would be done: because it is done already, or because a guard refuses.
fn not_possible(printer: &Printer, preview: &AccountResult) -> Ended {
    let is_done = |status| matches!(status, StepStatus::Done | StepStatus::Planned);
    if preview.error.is_none() && preview.steps.iter().all(|row| is_done(row.status)) {
        printer.note("there is nothing to do");
        return Ended::Done;
    }
    let lifts = preview.steps.iter().find_map(|row| lifting(row.error.as_deref()?));
    match lifts {
        Some(guards) => printer.hint(&format!("--override {guards} lifts what refuses, if that is what you want")),
        None => printer.hint("no override lifts this; docs/reasons.md says what the reasons mean"),
    }
    Ended::Failed
}

/// The guards that a refusal names as those that lift it: `"override":["last-used","freeze"]`.
fn lifting(error: &str) -> Option<String> {
    let (_, rest) = error.split_once("\"override\":[")?;
    let (guards, _) = rest.split_once(']')?;
    Some(guards.replace('"', ""))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_lifts_a_refusal_is_given_as_a_flag() {
        let refusal = r#"Guards that refuse: freeze; "override":["last-used","freeze"] lifts them"#;
        assert_eq!(super::lifting(refusal), Some("last-used,freeze".to_owned()));
        assert_eq!(super::lifting("No override lifts this"), None);
    }
}
