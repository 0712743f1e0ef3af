//! `keywheel run`: invokes the deployed account-inventory, and follows the run until every account has answered.

mod follow;
mod summary;

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use keywheel_aws::S3State;
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::id::{AccountId, RunId};
use serde_json::{Map, Value, json};

use crate::accounts::word_of_organization;
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::{Deployment, Function, InventoryArguments};
use crate::exit::{Ended, failed, usage};
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::runs;
use crate::session::Hub;

const EXAMPLES: &str = "\
Examples:
  keywheel run --mode audit --function keywheel-account-inventory
  keywheel run --account 111122223333 --yes --state-bucket keywheel-state-111122223333
  keywheel run --sweep --timeout 120

The run goes on in Lambda when the following ends; `{\"finish\":\"<run id>\"}` and `keywheel status` account for it later.";

/// Runs the deployed functions now.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// `audit` changes nothing, whatever the functions are set to
    #[arg(long, value_enum)]
    mode: Option<Lowered>,
    /// Only this account; more than one may be given
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<AccountId>,
    /// Look at every user, whatever the credential report shows
    #[arg(long)]
    sweep: bool,
    /// How many minutes to follow the run
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    timeout: u64,
    #[command(flatten)]
    confirm: ConfirmArguments,
    #[command(flatten)]
    inventory: InventoryArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Lowered {
    /// Nothing changes
    Audit,
}

/// Runs, and follows.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
    let place = configuration.state()?.ok_or_else(|| {
        let hint = "give --state-bucket, or --function with the name of a deployed function";
        usage("a run is followed in the state bucket, and none is set", hint)
    })?;
    configuration.say_found(printer);
    let hub = Hub::open(aws, "run").await?;
    let function = &arguments.inventory.function(&hub, &configuration).await?;
    if arguments.mode.is_none() {
        let word = if arguments.confirm.is_given() { String::new() } else { word_of_organization(&hub).await? };
        let what =
            format!("Run {function} now for {}, with all changes that its mode allows", scope(&arguments.accounts));
        arguments.confirm.obtain(printer, "", &what, &word)?;
    }
    let interrupt = Interrupt::listen()?;
    let run_id = runs::new_id();
    let Some(answer) = asked(printer, &hub, function, arguments, &run_id, &interrupt).await? else {
        printer.failure(&format!("interrupted: run {run_id} was asked for, and may go on in Lambda"));
        printer.hint("keywheel status follows it");
        return Ok(Ended::Interrupted);
    };
    let mode = serde_json::to_value(answer.mode)?;
    printer.note(&format!(
        "run {run_id} ({}): {} accounts listed, {} invoked",
        mode.as_str().unwrap_or_default(),
        answer.accounts.listed,
        answer.accounts.invoked
    ));
    let state = S3State::new(&hub.config, place.bucket.as_str(), place.prefix.as_str());
    let patience = Duration::from_secs(arguments.timeout.saturating_mul(60));
    let followed = follow::follow(printer, &state, &run_id, patience, &interrupt).await?;
    summary::say(printer, &followed)
}

/// What account-inventory answers; nothing where Ctrl-C comes first.
async fn asked(
    printer: &Printer,
    hub: &Hub,
    function: &Function,
    arguments: &Arguments,
    run_id: &RunId,
    interrupt: &Interrupt,
) -> anyhow::Result<Option<InventoryResult>> {
    // Said before the function answers, so that the run can be found whatever becomes of the answer.
    printer.note(&format!("run {run_id}: asking function {function} for it"));
    let (deployment, event) = (Deployment::new(&hub.config), event(arguments, run_id));
    let call = pin!(deployment.call(&function.name, &event));
    let Either::Left((answer, _)) = select(call, pin!(interrupt.comes())).await else { return Ok(None) };
    let answer = answer.map_err(|error| {
        let hint = "--account-inventory names the function; keywheel status says whether the run began";
        failed(format!("run {run_id}: {error}"), hint)
    })?;
    let answer = serde_json::from_value(answer).map_err(|error| {
        failed(format!("the answer of function {function} is no result: {error}"), "is it account-inventory?")
    })?;
    Ok(Some(answer))
}

fn scope(accounts: &[AccountId]) -> String {
    match accounts {
        [] => "the whole organization".to_owned(),
        accounts => format!("account {}", accounts.iter().map(AccountId::as_str).collect::<Vec<_>>().join(", ")),
    }
}

fn event(arguments: &Arguments, run_id: &RunId) -> Value {
    let mut event = Map::from_iter([("run_id".to_owned(), json!(run_id))]);
    if arguments.mode == Some(Lowered::Audit) {
        event.insert("mode".to_owned(), json!("audit"));
    }
    if !arguments.accounts.is_empty() {
        event.insert("accounts".to_owned(), json!(arguments.accounts));
    }
    if arguments.sweep {
        event.insert("sweep".to_owned(), json!(true));
    }
    Value::Object(event)
}
