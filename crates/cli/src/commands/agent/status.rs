//! `keywheel agent status`: which key the host has and which it should have.

use jiff::Timestamp;
use keywheel_agent::Standing;

use super::Arguments;
use super::passes::tell;
use crate::aws::AwsArguments;
use crate::exit::Ended;
use crate::printer::Printer;

/// Shows every profile. The host is behind where one of them is.
pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let mut ended = Ended::Done;
    for profile in arguments.profiles(aws) {
        let looked = match arguments.place(&profile)? {
            Err(failure) => Err(failure),
            Ok(place) => {
                let agent = arguments.agent(aws, &profile).await?;
                let standing = Box::pin(agent.look(&place, &arguments.source())).await;
                standing.map(|standing| (place.file, standing))
            }
        };
        let of_profile = match looked {
            Ok((file, standing)) => {
                printer.data(&words(&profile, &file.display().to_string(), &standing))?;
                if is_current(&standing) { Ended::Done } else { Ended::Findings }
            }
            Err(failure) => {
                tell(printer, &profile, &failure);
                Ended::Code(failure.code())
            }
        };
        ended = if ended == Ended::Done { of_profile } else { ended };
    }
    Ok(ended)
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
