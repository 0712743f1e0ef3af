//! `keywheel agent credential-process`: hands the key to an SDK.

use jiff::{SignedDuration, Timestamp};
use keywheel_agent::{Held, Place, RealDisk};
use secrecy::ExposeSecret;

use super::Arguments as Common;
use super::passes::{pass, tell};
use crate::aws::AwsArguments;
use crate::exit::{Ended, usage};
use crate::printer::Printer;

/// SDKs ask again a quarter of an hour before credentials expire.
const AHEAD: SignedDuration = SignedDuration::from_mins(15);

/// After a pass that failed they ask again in a minute.
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// The code of a key that AWS does not take: it is of no use to an SDK.
const REFUSED: u8 = 10;

const EXAMPLES: &str = "\
Example, in ~/.aws/config:
  [profile backup]
  credential_process = keywheel agent credential-process --file /var/lib/keywheel/backup --profiles backup

The file holds the key in the form of ~/.aws/credentials, and no SDK reads it.";

/// Prints a key.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Seconds for which a key is good before the store is asked again
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u32).range(60..=86_400))]
    every: u32,
    #[command(flatten)]
    common: Common,
}

/// Prints the key in the file, after a pass where the last one was long ago. A pass that fails is told, and the key in the file printed all the
/// same, for a short time: it may well work. A key that AWS does not take is not printed.
pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let common = &arguments.common;
    let [profile] = common.profiles(aws).try_into().map_err(|_| usage("an SDK takes one key", "name one profile"))?;
    let place = match common.place(&profile)? {
        Ok(place) => place,
        Err(failure) => {
            tell(printer, &profile, &failure);
            return Ok(Ended::Code(failure.code()));
        }
    };
    let every = SignedDuration::from_secs(arguments.every.into());
    let held = keywheel_agent::held(&RealDisk, &place);
    let mut lasts = every;
    if held.is_ok_and(|held| is_stale(&held, every)) {
        match pass(aws, common, &profile).await {
            Ok(Ok(_)) => {}
            Ok(Err(failure)) => {
                tell(printer, &profile, &failure);
                if failure.code() == REFUSED {
                    return Ok(Ended::Code(REFUSED));
                }
                lasts = SOON;
            }
            Err(error) => {
                printer.error(&error);
                lasts = SOON;
            }
        }
    }
    print(printer, &place, &profile, lasts)
}

fn is_stale(held: &Held, every: SignedDuration) -> bool {
    let age = held.looked.map(|looked| Timestamp::now().duration_since(looked));
    age.is_none_or(|age| age.is_negative() || age >= every)
}

fn print(printer: &Printer, place: &Place, profile: &str, lasts: SignedDuration) -> anyhow::Result<Ended> {
    let held = match keywheel_agent::held(&RealDisk, place) {
        Ok(held) => held,
        Err(failure) => {
            tell(printer, profile, &failure);
            return Ok(Ended::Code(failure.code()));
        }
    };
    let expires = Timestamp::now().checked_add(lasts)?.checked_add(AHEAD)?.round(jiff::Unit::Second)?;
    let key = serde_json::json!({
        "Version": 1,
        "AccessKeyId": held.pair.id,
        "SecretAccessKey": held.pair.secret.expose_secret(),
        "Expiration": expires.to_string(),
    });
    printer.data(&format!("{key}\n"))?;
    Ok(Ended::Done)
}
