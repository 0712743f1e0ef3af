//! `keywheel apply`: has the deployed function carry out the changes of a plan that somebody has looked at.

mod local;
mod owners;
mod send;
mod shown;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keywheel_core::contract::plan_file::{PlanFile, PlannedAccount};
use keywheel_core::contract::reviewed::APPLY_RUN;
use keywheel_core::id::RunId;

use crate::aws::AwsArguments;
use crate::calls;
use crate::config::Configuration;
use crate::confirm::ConfirmArguments;
use crate::deployment::{Deployment, RotationArguments, refuse_audit};
use crate::exit::{Ended, failed, interrupted, usage};
use crate::files;
use crate::look::{self, LookArguments};
use crate::printer::Printer;
use crate::runs;
use crate::session::Hub;
use local::Local;

const EXAMPLES: &str = "\
Examples:
  keywheel plan --save plan.json && keywheel apply plan.json
  keywheel apply plan.json --yes                    for CI
  keywheel apply --account 111122223333 --function keywheel-key-rotation
  keywheel apply --own-account --local              for a single account, with your own credentials

The deployed key-rotation plans anew and carries out only what is in the plan and still planned; a step that changed is deferred. Every apply is a
run of its own: MAX_CHANGES, which it shows, and the circuit breaker count anew for each.";

/// Shows the changes, asks, and sends them.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Plan that `keywheel plan --save` wrote [default: a fresh one]
    plan: Option<PathBuf>,
    /// Carry it out here instead of with the deployed function: in the own account alone, with a plan of `--own-account`
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    confirm: ConfirmArguments,
    #[command(flatten)]
    rotation: RotationArguments,
    #[command(flatten)]
    look: LookArguments,
}

/// The plan, and how a verb ends that could not look at everything.
struct Wanted {
    file: PlanFile,
    ended: Ended,
}

/// Applies a plan.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let Wanted { mut file, ended } = match &arguments.plan {
        Some(path) => read(path, &arguments.look)?,
        None => fresh(printer, aws, arguments).await?,
    };
    for account in &mut file.accounts {
        account.steps.retain(|step| step.action.is_change());
    }
    file.accounts.retain(|account| !account.steps.is_empty());
    if file.accounts.is_empty() {
        printer.note("there is nothing to change");
        return Ok(ended);
    }
    let configuration = Configuration::load(aws, &arguments.look.config, Vec::new()).await?;
    configuration.say_found(printer);
    let hub = Hub::open(aws, "apply").await?;
    let word = owner_of(&hub, &file).await?;
    owners::look_up(printer, &hub, &configuration, &mut file).await;
    let run_id = run_id()?;
    let sent = if arguments.local {
        let local = Local::new(&hub, &configuration).await?;
        let account = only_own(&hub, &file)?;
        local.refuse_deployed(&account.account_id).await?;
        let what = format!("{}, in this process", shown::summary(&file));
        arguments.confirm.obtain(printer, &shown::text(&file, Some(local.max_changes())), &what, &word)?;
        send::here(printer, &local, &hub, &run_id, account).await?
    } else {
        let function = arguments.rotation.function(&hub, &configuration).await?;
        let max_changes = refuse_audit(printer, &hub, &function).await?;
        let what = format!("{}, with function {function}", shown::summary(&file));
        arguments.confirm.obtain(printer, &shown::text(&file, max_changes), &what, &word)?;
        send::all(printer, &Deployment::new(&hub.config), &function.name, &run_id, file.accounts).await?
    };
    Ok(if sent == Ended::Done { ended } else { sent })
}

fn read(path: &Path, look: &LookArguments) -> anyhow::Result<Wanted> {
    let targets = &look.targets;
    if look.quick || targets.own_account || !targets.accounts.is_empty() || !targets.flags().is_empty() {
        let hint = "leave the plan out to make a fresh one, or the flags to apply the plan as it is";
        return Err(usage("a saved plan goes with no flag that says where to look", hint));
    }
    let hint = "keywheel plan --save FILE writes a plan";
    let text = files::read(path, hint)?;
    let file = PlanFile::parse(&text)
        .map_err(|error| usage(format!("{} cannot be applied: {error}", path.display()), hint))?;
    Ok(Wanted { file, ended: Ended::Done })
}

async fn fresh(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Wanted> {
    let targets = &arguments.look.targets;
    if arguments.confirm.is_given() && targets.accounts.is_empty() && !targets.own_account {
        // An unset variable in a script must not change a whole organization.
        let hint = "give the file that keywheel plan --save wrote, or --account for a fresh plan of some accounts";
        return Err(usage("--yes goes with a plan that somebody has looked at, and there is none", hint));
    }
    let looked = look::at_all(printer, aws, "apply", &arguments.look).await?;
    let ended = looked.say(printer);
    if ended == Ended::Interrupted {
        return Err(interrupted());
    }
    let planned = looked.surveys().map(|(account, survey)| {
        let (account_id, name, email) = (account.account.clone(), account.name.clone(), account.email.clone());
        PlannedAccount { account_id, name, email, steps: survey.plan.steps.clone() }
    });
    let file = PlanFile::new(looked.organization.clone(), Timestamp::now(), looked.rotation.mode, planned.collect())?;
    Ok(Wanted { file, ended })
}

/// What is typed to confirm: the organization's id, or the account's where there is no organization. A plan of another one is refused.
async fn owner_of(hub: &Hub, file: &PlanFile) -> anyhow::Result<String> {
    let own = hub.own.account.to_string();
    let Some(planned) = &file.organization_id else {
        return match file.accounts.iter().find(|account| account.account_id != hub.own.account) {
            None => Ok(own),
            Some(other) => {
                let what =
                    format!("the plan is of account {}, and you are signed in to account {own}", other.account_id);
                Err(usage(what, "sign in to the plan's account, or make a new plan"))
            }
        };
    };
    let found = calls::organization(&hub.config).await;
    let found = found.map_err(|error| {
        failed(format!("it cannot be seen which organization this is: {error}"), "sign in where Keywheel is deployed")
    })?;
    if found.id == *planned {
        return Ok(found.id);
    }
    let what = format!("the plan is of organization {planned}, and you are signed in to {}", found.id);
    Err(usage(what, "sign in to the plan's organization with --profile, or make a new plan"))
}

/// The plan's one account, where it is the own one and was planned as such.
fn only_own(hub: &Hub, file: &PlanFile) -> anyhow::Result<PlannedAccount> {
    match file.accounts.as_slice() {
        [account] if file.organization_id.is_none() && account.account_id == hub.own.account => Ok(account.clone()),
        _ => Err(usage(
            "--local changes the own account alone, and this is another plan",
            "make the plan with --own-account, or leave --local out: the deployed function carries out any plan",
        )),
    }
}

/// The same in every account, so that the results lie together.
fn run_id() -> anyhow::Result<RunId> {
    Ok(format!("{APPLY_RUN}{}", runs::new_id()).parse()?)
}
