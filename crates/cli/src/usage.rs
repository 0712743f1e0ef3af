//! What is said of arguments that make no sense: never a secret that somebody put into the wrong place.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use keywheel_mail::clean::without_secrets;

/// Prints what clap has to say, help and version among it. A word that looks like a secret access key or a session token is not repeated,
/// nor is the value of a flag that there is not, which nobody can tell from one.
pub(crate) fn refused(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let kept = without_secrets(&without_value_of_unknown(error, &text));
    if kept == text {
        // In colour, where that is wanted.
        drop(error.print());
    } else {
        drop(std::io::Write::write_all(&mut std::io::stderr().lock(), kept.as_bytes()));
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn without_value_of_unknown(error: &clap::Error, text: &str) -> String {
    let (ErrorKind::UnknownArgument, Some(ContextValue::String(given))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return text.to_owned();
    };
    match given.split_once('=') {
        Some((flag, value)) if !value.is_empty() => text.replace(given, flag),
        _ => text.to_owned(),
    }
}
