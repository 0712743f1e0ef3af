//! One thing to do to one user, by the deployed key-rotation: shown first, then asked for, then done.

use std::collections::BTreeSet;

use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard, ReviewedChange};
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use serde_json::Value;

use crate::accounts;
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::{Deployment, Function, RotationArguments};
use crate::exit::{self, Ended, failed, usage};
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
    serde_json::from_value(Value::from(text)).map_err(|_| {
        format!("{text:?} is none of last-used, take-up, acknowledgement, install-grace, person-inactive, freeze")
    })
}

/// A key's id. What is none may be a secret half that somebody put into the wrong place, so it is not repeated.
pub(crate) fn key(text: &str) -> anyhow::Result<AccessKeyId> {
    text.parse().map_err(|_| {
        let what = format!("the key's id is no AWS access key id (it has {} characters)", text.chars().count());
        usage(what, "a key's id looks like AKIAEXAMPLE0000000001; `aws iam list-access-keys` names them")
    })
}

/// Shows what the function would do, asks, and has it done. Where that fails, whoever declared an emergency is told how to do it by hand.
pub(crate) async fn run(
    printer: &Printer,
    aws: &AwsArguments,
    arguments: &ActionArguments,
    particulars: Particulars,
) -> anyhow::Result<Ended> {
    let by_hand = by_hand(arguments, &particulars);
    match (shown_and_done(printer, aws, arguments, particulars).await, by_hand) {
        (Err(error), Some(by_hand)) if exit::of(&error) == Ended::Failed => {
            printer.error(&error);
            printer.hint(&by_hand);
            Ok(Ended::Failed)
        }
        (ended, _) => ended,
    }
}

/// How a key that leaked is made inactive where no function does it.
fn by_hand(arguments: &ActionArguments, particulars: &Particulars) -> Option<String> {
    let (user, key) = (&arguments.user, particulars.access_key_id.as_ref()?);
    let account = arguments.account.as_ref().map(|account| format!(" of account {account}")).unwrap_or_default();
    (particulars.action == ActionKind::Emergency).then(|| {
        format!(
            "by hand, as an administrator{account}: aws iam update-access-key --user-name {user} --access-key-id {key} --status Inactive"
        )
    })
}

async fn shown_and_done(
    printer: &Printer,
    aws: &AwsArguments,
    arguments: &ActionArguments,
    particulars: Particulars,
) -> anyhow::Result<Ended> {
    let by_hand = by_hand(arguments, &particulars);
    let action = particulars.action.as_str();
    let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
    configuration.say_found(printer);
    let hub = Hub::open(aws, action).await?;
    let account = arguments.account.clone().unwrap_or_else(|| hub.own.account.clone());
    let function = arguments.rotation.function(&hub, &configuration).await?;
    let listed = listed(printer, &hub, &configuration, account).await;
    let mut asked = Asked::new(function, listed, arguments, particulars)?;
    let deployment = Deployment::new(&hub.config);
    let preview = asked.send(&deployment, Some(Mode::Audit)).await?;
    // What is carried out is what is shown now, or nothing.
    asked.event.reviewed = ReviewedChange::of(&preview.steps);
    if asked.event.reviewed.is_empty() {
        show(printer, &preview)?;
        return Ok(not_possible(printer, &preview, by_hand.as_deref()));
    }
    if arguments.dry_run {
        show(printer, &preview)?;
        printer.note("nothing was changed");
        return Ok(Ended::Done);
    }
    let Asked { function, event } = &asked;
    let what = format!("Do this to user {} of account {}, with function {function}", event.username, preview.account);
    arguments.confirm.obtain(printer, &lines(&preview), &what, arguments.user.as_str())?;
    let result = asked.send(&deployment, None).await?;
    show(printer, &result)?;
    let mut tally = Tally::default();
    tally.add(&result);
    let ended = tally.say(printer);
    if ended != Ended::Done {
        hint_of_failure(printer, &result, by_hand.as_deref());
    }
    Ok(ended)
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
    function: Function,
    event: ExplicitAction,
}

impl Asked {
    fn new(
        function: Function,
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
            reviewed: BTreeSet::new(),
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
        let answer = deployment.call(&self.function.name, &event).await.and_then(results::read);
        answer.map_err(|error| {
            let ExplicitAction { username, account, .. } = &self.event;
            let account = account.as_ref().map(|account| format!(" of account {account}")).unwrap_or_default();
            let hint = "keywheel doctor looks at the deployment; --key-rotation names the function";
            failed(format!("user {username}{account}: {error}"), hint)
        })
    }
}

fn hint_of_failure(printer: &Printer, result: &AccountResult, by_hand: Option<&str>) {
    let is_inactive = |row: &StepResult| row.status == StepStatus::Done && row.step == StepKind::Deactivate;
    by_hand.filter(|_| !result.steps.iter().any(is_inactive)).into_iter().for_each(|by_hand| printer.hint(by_hand));
    if result.steps.iter().any(|row| row.reason == Reason::PlanChanged) {
        printer.hint("the user's keys changed after the preview; call the verb again to see what would be done now");
    }
}

/// Nothing would be done: because it is done already, or because a guard refuses.
fn not_possible(printer: &Printer, preview: &AccountResult, by_hand: Option<&str>) -> Ended {
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
    // By hand nobody finds the key either.
    let is_there = |row: &StepResult| !matches!(row.reason, Reason::KeyNotFound | Reason::UserNotFound);
    if let Some(by_hand) = by_hand.filter(|_| preview.steps.iter().all(is_there)) {
        printer.hint(by_hand);
    }
    Ended::Failed
}

fn lines(result: &AccountResult) -> String {
    result.steps.iter().map(|row| results::line(&result.account, row) + "\n").collect()
}

fn show(printer: &Printer, result: &AccountResult) -> anyhow::Result<()> {
    printer.data(&lines(result))?;
    result.error.iter().for_each(|error| printer.failure(&format!("account {}: {error}", result.account)));
    Ok(())
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
