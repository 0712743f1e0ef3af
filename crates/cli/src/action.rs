//! One thing to do to one user, by the deployed key-rotation: shown first, then asked for, then done.

mod advice;
mod whose;

use std::collections::BTreeSet;
use std::pin::pin;

use futures::future::{Either, select};
use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard, ReviewedChange};
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::policy::Mode;
use keywheel_runtime::ErrorName;
use serde_json::Value;

use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::{Deployment, Function, RotationArguments, refuse_audit};
use crate::exit::{self, Ended, failed, interrupted, usage};
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::results::{self, Tally};
use crate::session::Hub;
use advice::Advice;

/// The flags that say whom an action is about, and how.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ActionArguments {
    /// The user
    user: UserName,
    /// The user's account [default: the key's for emergency, else the one that you are signed in to]
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

/// Shows what the function would do, asks, and has it done. Where that fails, whoever asked is told how to do it by hand.
pub(crate) async fn run(
    printer: &Printer,
    aws: &AwsArguments,
    arguments: &ActionArguments,
    particulars: Particulars,
) -> anyhow::Result<Ended> {
    let (user, account) = (arguments.user.clone(), arguments.account.clone());
    let (action, access_key_id) = (particulars.action, particulars.access_key_id.clone());
    let mut advice = Advice { action, user, access_key_id, account };
    match shown_and_done(printer, aws, arguments, particulars, &mut advice).await {
        Err(error) if !exit::is_broken_pipe(&error) => {
            let ended = exit::of(&error);
            printer.error(&error);
            advice.of_error(ended).iter().for_each(|by_hand| printer.hint(by_hand));
            Ok(ended)
        }
        ended => ended,
    }
}

/// What comes of this; nothing where Ctrl-C comes first.
pub(crate) async fn unless_interrupted<T>(interrupt: &Interrupt, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(interrupt.comes())).await {
        Either::Left((brought, _)) => Some(brought),
        Either::Right(_) => None,
    }
}

async fn shown_and_done(
    printer: &Printer,
    aws: &AwsArguments,
    arguments: &ActionArguments,
    particulars: Particulars,
    advice: &mut Advice,
) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen()?;
    let previewed = Box::pin(Asked::previewed(printer, aws, arguments, particulars, advice));
    let previewed = unless_interrupted(&interrupt, previewed).await;
    let (asked, preview) = previewed.unwrap_or_else(|| Err(interrupted()))?;
    if asked.event.reviewed.is_empty() {
        show(printer, &preview)?;
        return Ok(advice.not_possible(printer, &preview));
    }
    if arguments.dry_run {
        show(printer, &preview)?;
        printer.note("nothing was changed");
        return Ok(Ended::Done);
    }
    let Asked { function, event, .. } = &asked;
    let what = format!("Do this to user {} of account {}, with function {function}", event.username, preview.account);
    arguments.confirm.obtain(printer, &lines(&preview), &what, arguments.user.as_str())?;
    printer.note(&format!("asking function {function} to do it"));
    let Some(result) = unless_interrupted(&interrupt, asked.send(None)).await else {
        return Ok(advice.interrupted(printer, &preview.account, &function.to_string()));
    };
    let result = result?;
    show(printer, &result)?;
    let mut tally = Tally::default();
    tally.add(&result);
    let ended = tally.say(printer);
    if ended != Ended::Done {
        advice.of_failure(printer, &result);
    }
    Ok(ended)
}

/// An action and the function that does it.
struct Asked {
    deployment: Deployment,
    function: Function,
    event: ExplicitAction,
}

impl Asked {
    /// Asks the function what it would do, which changes nothing. What is carried out is what is shown now, or nothing.
    async fn previewed(
        printer: &Printer,
        aws: &AwsArguments,
        arguments: &ActionArguments,
        particulars: Particulars,
        advice: &mut Advice,
    ) -> anyhow::Result<(Self, AccountResult)> {
        let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
        configuration.say_found(printer);
        let hub = Hub::open(aws, particulars.action.as_str()).await?;
        let account = match advice.account.take() {
            Some(account) => account,
            None => whose::account(printer, &hub, &particulars).await,
        };
        advice.account = Some(account.clone());
        let function = arguments.rotation.function(&hub, &configuration).await?;
        if !arguments.dry_run {
            refuse_audit(printer, &hub, &function).await?;
        }
        let listed = whose::listed(printer, &hub, &configuration, account).await;
        let mut asked = Self::new(Deployment::new(&hub.config), function, listed, arguments, particulars)?;
        printer.note(&format!("asking function {} what it would do", asked.function));
        let preview = asked.send(Some(Mode::Audit)).await?;
        asked.event.reviewed = ReviewedChange::of(&preview.steps);
        Ok((asked, preview))
    }

    fn new(
        deployment: Deployment,
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
        Ok(Self { deployment, function, event })
    }

    async fn send(&self, mode: Option<Mode>) -> anyhow::Result<AccountResult> {
        let event = serde_json::to_value(ExplicitAction { mode, ..self.event.clone() })?;
        let answer = self.deployment.call(&self.function.name, &event).await.and_then(results::read);
        answer.map_err(|error| {
            let ExplicitAction { username, account, .. } = &self.event;
            let account = account.as_ref().map(|account| format!(" of account {account}")).unwrap_or_default();
            let hint = if error.is(ErrorName::AccountBusy) {
                "a night or an apply holds the account; call the verb again in a minute or two"
            } else {
                "keywheel doctor looks at the deployment; --key-rotation names the function"
            };
            failed(format!("user {username}{account}: {error}"), hint)
        })
    }
}

fn lines(result: &AccountResult) -> String {
    result.steps.iter().map(|row| results::line(&result.account, row) + "\n").collect()
}

fn show(printer: &Printer, result: &AccountResult) -> anyhow::Result<()> {
    printer.data(&lines(result))?;
    result.error.iter().for_each(|error| printer.failure(&format!("account {}: {error}", result.account)));
    Ok(())
}
