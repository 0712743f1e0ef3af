//! `keywheel agent status`: which key the host has and which it should have.

use std::path::PathBuf;

use jiff::Timestamp;
use keywheel_agent::{Failure, Standing};

use super::Arguments;
use super::passes::tell;
use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

/// Shows every profile: one that cannot be looked at does not keep the others from being shown. It tells how the verb ends before one that
/// is merely behind does.
pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let mut ended = Ended::Done;
    for profile in arguments.profiles(aws) {
        let of_profile = match look(aws, arguments, &profile).await {
            Ok(Ok((file, standing))) => {
                printer.data(&words(&profile, &file.display().to_string(), &standing))?;
                if is_current(&standing) { Ended::Done } else { Ended::Findings }
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
        ended = worse(ended, of_profile);
    }
    Ok(ended)
}

async fn look(
    aws: &AwsArguments,
    arguments: &Arguments,
    profile: &str,
) -> anyhow::Result<Result<(PathBuf, Standing), Failure>> {
    let place = match arguments.place(profile)? {
        Ok(place) => place,
        Err(failure) => return Ok(Err(failure)),
    };
    let agent = arguments.agent(aws, profile).await?;
    let standing = Box::pin(agent.look(&place, &arguments.source())).await;
    Ok(standing.map(|standing| (place.file, standing)))
}

/// The worse of two; of two failures the first.
fn worse(first: Ended, second: Ended) -> Ended {
    match first {
        Ended::Done => second,
        Ended::Findings if second != Ended::Done => second,
        _ => first,
    }
}

fn is_current(standing: &Standing) -> bool {
    matches!(&standing.offered, Some(Ok(offered)) if *offered == standing.key)
}

fn words(profile: &str, file: &str, standing: &Standing) -> String {
    let mut lines = vec![format!("profile {profile} in {file}"), format!("  key in the file  {}", standing.key)];
    lines.push(match &standing.identity {
        Ok(identity) => format!("  belongs to       user {} of account {}", identity.user, identity.account),
        Err(trouble) => format!("  does not work    {trouble}"),
    });
    lines.extend(standing.offered.as_ref().map(|offered| match offered {
        Ok(key) if *key == standing.key => "  handed out       the same".to_owned(),
        Ok(key) => format!("  handed out       {key}"),
        Err(trouble) => format!("  not fetched      {trouble}"),
    }));
    lines.push(match &standing.acknowledged {
        Some((key, at)) => {
            format!("  acknowledged     {key}, {}", at.round(jiff::Unit::Second).unwrap_or(Timestamp::MIN))
        }
        None => "  acknowledged     never, as far as is remembered here".to_owned(),
    });
    if standing.is_changing {
        lines.push("  the last change was not seen through; the next pass does that".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_before_a_profile_that_is_behind_and_the_first_of_them_does() {
        let of = |all: &[Ended]| all.iter().copied().fold(Ended::Done, worse);
        assert_eq!(of(&[Ended::Done, Ended::Findings, Ended::Done]), Ended::Findings);
        assert_eq!(of(&[Ended::Findings, Ended::Code(10), Ended::Code(12), Ended::Done]), Ended::Code(10));
        assert_eq!(of(&[Ended::Failed, Ended::Findings]), Ended::Failed);
        assert_eq!(of(&[Ended::Done, Ended::Done]), Ended::Done);
    }
}
