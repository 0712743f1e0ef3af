//! `keywheel agent watch`: passes until somebody ends it.

use std::time::Duration;

use super::{Arguments as Common, passes};
use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::interrupt::Interrupt;
use crate::printer::Printer;

/// So often a pause looks whether Ctrl-C came.
const LOOK: Duration = Duration::from_millis(200);

/// Keeps keys up to date.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Seconds from pass to pass; a tenth is left to chance, so that hosts do not come all at once
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    every: u32,
    #[command(flatten)]
    common: Common,
}

/// Passes, one after another. Whatever goes wrong in one of them, there is a next one.
pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen()?;
    loop {
        // An error is that nobody reads the output any more; what makes no sense now makes none later.
        if passes::once(printer, aws, &arguments.common).await? == Ended::Usage {
            return Ok(Ended::Usage);
        }
        let chance = fastrand::u64(..=u64::from(arguments.every) * 100);
        let mut left = Duration::from_secs(arguments.every.into()) + Duration::from_millis(chance);
        while !left.is_zero() {
            if interrupt.came() {
                return Ok(Ended::Done);
            }
            let nap = left.min(LOOK);
            tokio::time::sleep(nap).await;
            left -= nap;
        }
    }
}
