//! `keywheel agent forget`: takes a host's acknowledgement away, with an administrator's credentials.

use keywheel_aws::AwsAcknowledgements;
use keywheel_core::acknowledgement::{Acknowledgement, Place};
use keywheel_core::id::{AccountId, HostName, UserName};
use keywheel_engine::ports::Acknowledgements;

use super::ack_bucket;
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::exit::{Ended, failed, usage};
use crate::printer::Printer;
use crate::session::Hub;

const EXAMPLES: &str = "\
Example, signed in to the hub:
  keywheel agent forget web-3 --user deploy-bot --account 111122223333

A host that is still there acknowledges again with its agent's next pass, within a day.";

/// Forgets a host.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The host, as `keywheel explain` and the mails name it
    host: HostName,
    /// The user whose key it has
    #[arg(long, value_name = "NAME")]
    user: UserName,
    /// The user's account [default: the one that you are signed in to]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Bucket in which hosts acknowledge [default: ACK_BUCKET]
    #[arg(long, value_name = "NAME")]
    ack_bucket: Option<String>,
    #[command(flatten)]
    confirm: ConfirmArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Shows what the host said last, asks, and takes it away.
pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let bucket = match ack_bucket(arguments.ack_bucket.as_ref()) {
        Some(bucket) => Some(bucket),
        None => Configuration::load(aws, &arguments.config, Vec::new()).await?.rotation()?.ack_bucket,
    };
    let bucket = bucket.ok_or_else(|| {
        usage("nothing says in which bucket hosts acknowledge", "set ACK_BUCKET, or give --ack-bucket or --function")
    })?;
    let hub = Hub::open(aws, "forget").await?;
    let acknowledgements = AwsAcknowledgements::new(&hub.config, Some(bucket.clone()));
    let account = arguments.account.clone().unwrap_or_else(|| hub.own.account.clone());
    let place = Place { account, user: arguments.user.clone(), host: arguments.host.clone() };
    let not_there = || {
        let what =
            format!("host {} has not acknowledged for user {} of account {}", place.host, place.user, place.account);
        failed(what, format!("aws s3 ls s3://{bucket}/{} shows who has", Place::prefix(&place.account, &place.user)))
    };
    let bytes = acknowledgements.read(&place).await?.ok_or_else(not_there)?;
    let said = match Acknowledgement::parse(&bytes, &place) {
        Ok(said) => format!("has {} and said so last at {}", said.access_key_id, said.time),
        Err(why) => format!("said something that is not believed: {why}"),
    };
    let shown = format!("host {} of user {} in account {} {said}\n", place.host, place.user, place.account);
    arguments.confirm.obtain(printer, &shown, &format!("forget host {}", place.host), place.host.as_str())?;
    acknowledgements.forget(&place).await?;
    printer.data(&format!("host {} is forgotten: it holds no key of user {} any more\n", place.host, place.user))?;
    Ok(Ended::Done)
}
