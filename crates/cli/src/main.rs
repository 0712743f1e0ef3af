//! `keywheel`, the command line: what its verbs are, is said by `keywheel --help`; `docs/cli.md` has the same with examples.

mod aws;
mod commands;
mod exit;
mod place;
mod printer;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use aws::AwsArguments;
use commands::{decrypt, template};
use exit::Ended;
use printer::Printer;

/// Rotates the IAM access keys of a whole AWS Organization.
#[derive(Debug, Parser)]
#[command(name = "keywheel", version, max_term_width = 110, arg_required_else_help = true, after_help = EXITS)]
struct Arguments {
    /// Say nothing but what was asked for, and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(flatten)]
    aws: AwsArguments,
    #[command(subcommand)]
    verb: Verb,
}

const EXITS: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 findings.
What was asked for goes to standard output, everything else to standard error.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Work on the templates of the mails
    Template {
        #[command(subcommand)]
        verb: template::Verb,
    },
    /// Open an access key that came encrypted with a mail
    Decrypt(decrypt::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let printer = Printer::new(arguments.quiet);
    let ended = match arguments.verb {
        Verb::Decrypt(arguments) => decrypt::run(&printer, &arguments),
        Verb::Template { verb } => template::run(&printer, &arguments.aws, &verb),
    };
    match ended {
        Ok(ended) => ended.into(),
        Err(error) if exit::is_broken_pipe(&error) => Ended::Done.into(),
        Err(error) => {
            printer.error(&error);
            exit::of(&error).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        super::Arguments::command().debug_assert();
    }
}
