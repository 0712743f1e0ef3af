//! `keywheel rollback`: makes a user's old key active again.

use keywheel_core::contract::action::ActionKind;

use crate::action::{self, ActionArguments, Particulars};
use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel rollback deploy-bot --account 111122223333
  keywheel rollback deploy-bot --account 111122223333 --override last-used --yes

The old key is made active again first. The new one is made inactive and kept, unless somebody uses it.";

/// Rolls a user back to the old key.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    action: ActionArguments,
    /// The old key, where more than one could be meant
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
}

/// Rolls back.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let access_key_id = arguments.access_key_id.as_deref().map(action::key).transpose()?;
    let particulars = Particulars { action: ActionKind::Rollback, access_key_id, replace: false };
    action::run(printer, aws, &arguments.action, particulars).await
}
