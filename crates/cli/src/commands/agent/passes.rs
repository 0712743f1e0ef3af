//! `keywheel agent once`: one pass over every profile.

use keywheel_agent::{Failure, Outcome, Outcomes};

use super::Arguments;
use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

/// One pass. A profile that fails does not keep the others from theirs; the first failure tells how the verb ends.
pub(super) async fn once(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let mut ended = Ended::Done;
    for profile in arguments.profiles(aws) {
        let of_profile = match pass(aws, arguments, &profile).await {
            Ok(Ok(outcomes)) => {
                printer.data(&format!("{profile}: {}\n", words(&outcomes)))?;
                Ended::Code(outcomes.outcome.code())
            }
            Ok(Err(failure)) => {
                tell(printer, &profile, &failure);
                Ended::Code(failure.code())
            }
            Err(error) => {
                printer.error(&error);
                crate::exit::of(&error)
            }
        };
        if ended == Ended::Done && of_profile != Ended::Code(0) {
            ended = of_profile;
        }
    }
    Ok(ended)
}

pub(super) async fn pass(
    aws: &AwsArguments,
    arguments: &Arguments,
    profile: &str,
) -> anyhow::Result<Result<Outcomes, Failure>> {
    let place = match arguments.place(profile)? {
        Ok(place) => place,
        Err(failure) => return Ok(Err(failure)),
    };
    let agent = arguments.agent(aws, profile).await?;
    Ok(Box::pin(agent.pass(&place, &arguments.source())).await)
}

pub(super) fn tell(printer: &Printer, profile: &str, failure: &Failure) {
    printer.failure(&format!("profile {profile}: {failure}"));
    printer.hint(failure.hint());
}

fn words(outcomes: &Outcomes) -> String {
    let mut words = match &outcomes.outcome {
        Outcome::Current { key } => format!("{key} is the present key"),
        Outcome::NothingToInstall { key } => {
            format!(
                "{key} stays: another key is handed out, from before Keywheel, and nobody has its secret half; put that key in by hand"
            )
        }
        Outcome::Installed { old, new } => format!("{new} is installed in the place of {old}"),
    };
    if outcomes.restored {
        words.push_str("; the key before was put back first, because the one in the file did not work");
    }
    if outcomes.acknowledged {
        words.push_str("; acknowledged");
    }
    words
}
