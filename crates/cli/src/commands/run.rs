//! `keywheel run`: invokes the deployed account-inventory, and follows the run until every account has answered.

mod follow;
mod summary;

use std::time::Duration;

use keywheel_aws::S3State;
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::id::{AccountId, RunId};
use serde_json::{Map, Value, json};

use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::{Deployment, InventoryArguments};
use crate::exit::{Ended, failed, usage};
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
    let hub = Hub::open(aws, "run").await?;
    let function = &arguments.inventory.name(&configuration);
    if arguments.mode.is_none() {
        let what =
            format!("Run {function} now for {}, with all changes that its mode allows", scope(&arguments.accounts));
        arguments.confirm.obtain(&what, "yes")?;
    }
    // Known before the function answers, so that the run can be found whatever becomes of the answer.
    let run_id = runs::new_id();
    let answer = Deployment::new(&hub.config).call(function, &event(arguments, &run_id)).await;
    let answer = answer.map_err(|error| failed(error.to_string(), "--account-inventory names the function"))?;
    let started: InventoryResult = serde_json::from_value(answer).map_err(|error| {
        failed(format!("the answer of function {function} is no result: {error}"), "is it account-inventory?")
    })?;
    let mode = serde_json::to_value(started.mode)?;
    printer.note(&format!(
        "run {run_id} ({}): {} accounts listed, {} invoked",
        mode.as_str().unwrap_or_default(),
        started.accounts.listed,
        started.accounts.invoked
    ));
    let state = S3State::new(&hub.config, place.bucket.as_str(), place.prefix.as_str());
    let followed =
        follow::follow(printer, &state, &run_id, Duration::from_secs(arguments.timeout.saturating_mul(60))).await?;
    summary::say(printer, &followed)
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
