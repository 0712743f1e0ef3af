//! `keywheel emergency`: makes a key that leaked inactive at once.

use keywheel_core::contract::action::ActionKind;

use crate::action::{self, ActionArguments, Particulars};
use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel emergency deploy-bot AKIAEXAMPLEOLD000001 --account 111122223333
  keywheel emergency deploy-bot AKIAEXAMPLEOLD000001 --account 111122223333 --replace --yes

The key is made inactive whether or not somebody uses it, once. It is refused for a user who is exempt or not selected, and in a freeze, which
--override freeze lifts. Where it is refused, or the function cannot be reached:
  aws iam update-access-key --user-name deploy-bot --access-key-id AKIAEXAMPLEOLD000001 --status Inactive";

/// Makes a key inactive, in use or not.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    action: ActionArguments,
    /// The key that leaked
    access_key_id: String,
    /// Make a replacement afterwards
    #[arg(long)]
    replace: bool,
}

/// Declares the emergency.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let (access_key_id, replace) = (Some(action::key(&arguments.access_key_id)?), arguments.replace);
    let particulars = Particulars { action: ActionKind::Emergency, access_key_id, replace };
    action::run(printer, aws, &arguments.action, particulars).await
}
