//! `keywheel`, the command line: what its verbs are, is said by `keywheel --help`; `docs/cli.md` has the same with examples.

mod accounts;
mod action;
mod aws;
mod calls;
mod commands;
mod config;
mod confirm;
mod deployment;
mod exit;
mod files;
mod interrupt;
mod log;
mod look;
mod member_tags;
mod output;
#[cfg(test)]
mod pages;
mod place;
mod printer;
mod results;
mod runs;
mod session;
mod tag_prefix;
mod usage;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use aws::AwsArguments;
use commands::{
    agent, apply, completions, config as settings, decrypt, doctor, emergency, exempt, explain, forecast, man, plan,
    report, rollback, run, status, tag_users, template,
};
use exit::Ended;
use printer::Printer;

/// Rotates the IAM access keys of a whole AWS Organization.
#[derive(Debug, Parser)]
#[command(name = "keywheel", version, max_term_width = 110, arg_required_else_help = true, after_help = EXITS)]
struct Arguments {
    /// Say nothing but what was asked for, and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Say more of what is done
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    verbose: bool,
    #[command(flatten)]
    aws: AwsArguments,
    #[command(subcommand)]
    verb: Verb,
}

const EXITS: &str = "\
Exit codes: 0 done, 1 failed (wholly or in part), 2 wrong usage, 3 findings, 130 interrupted.
What was asked for goes to standard output, everything else to standard error.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Work on the templates of the mails
    Template {
        #[command(subcommand)]
        verb: template::Verb,
    },
    /// Show what a run would do now, and change nothing
    Plan(Box<plan::Arguments>),
    /// Say where an account, a user or a key stands, why, and what comes next
    Explain(Box<explain::Arguments>),
    /// Report how every access key stands, of a look right now or of a stored run
    Report(Box<report::Arguments>),
    /// Carry out a plan, with the deployed function
    Apply(Box<apply::Arguments>),
    /// Run the deployed functions now, and follow the run
    Run(Box<run::Arguments>),
    /// Make a user's old key active again
    Rollback(Box<rollback::Arguments>),
    /// Make a key that leaked inactive at once
    Emergency(Box<emergency::Arguments>),
    /// Exempt users until a date, and see who is
    Exempt {
        #[command(subcommand)]
        verb: exempt::Verb,
    },
    /// Set the tags of users from a file
    TagUsers(Box<tag_users::Arguments>),
    /// Show the settings that the other verbs go by
    Config {
        #[command(subcommand)]
        verb: settings::Verb,
    },
    /// Show what the coming days will bring, and change nothing
    Forecast(Box<forecast::Arguments>),
    /// Show the last runs, and what they left undone
    Status(status::Arguments),
    /// Check a deployment end to end, and say what to do
    Doctor(doctor::Arguments),
    /// Keep the keys of this host up to date
    Agent {
        #[command(subcommand)]
        verb: agent::Verb,
    },
    /// Open an access key that came encrypted with a mail
    Decrypt(decrypt::Arguments),
    /// Print what a shell completes
    Completions(completions::Arguments),
    /// Write manual pages
    Man(man::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::refused(&error),
    };
    let printer = Printer::new(arguments.quiet);
    log::start(arguments.verbose);
    let ended = match arguments.verb {
        Verb::Completions(arguments) => completions::run(&printer, &arguments),
        Verb::Man(arguments) => man::run(&printer, &arguments),
        Verb::Forecast(given) => with_runtime(forecast::run(&printer, &arguments.aws, &given)),
        Verb::Status(given) => with_runtime(status::run(&printer, &arguments.aws, &given)),
        Verb::Doctor(given) => with_runtime(doctor::run(&printer, &arguments.aws, &given)),
        Verb::Agent { verb } => with_runtime(agent::run(&printer, &arguments.aws, &verb)),
        Verb::Decrypt(arguments) => decrypt::run(&printer, &arguments),
        Verb::Template { verb } => template::run(&printer, &arguments.aws, &verb),
        Verb::Plan(verb) => with_runtime(plan::run(&printer, &arguments.aws, &verb)),
        Verb::Explain(verb) => with_runtime(explain::run(&printer, &arguments.aws, &verb)),
        Verb::Report(verb) => with_runtime(report::run(&printer, &arguments.aws, &verb)),
        Verb::Apply(verb) => with_runtime(apply::run(&printer, &arguments.aws, &verb)),
        Verb::Run(verb) => with_runtime(run::run(&printer, &arguments.aws, &verb)),
        Verb::Rollback(verb) => with_runtime(rollback::run(&printer, &arguments.aws, &verb)),
        Verb::Emergency(verb) => with_runtime(emergency::run(&printer, &arguments.aws, &verb)),
        Verb::Exempt { verb } => with_runtime(exempt::run(&printer, &arguments.aws, &verb)),
        Verb::TagUsers(verb) => with_runtime(tag_users::run(&printer, &arguments.aws, &verb)),
        Verb::Config { verb } => with_runtime(settings::run(&printer, &arguments.aws, &verb)),
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

/// Runs a verb that calls AWS.
fn with_runtime(verb: impl Future<Output = anyhow::Result<Ended>>) -> anyhow::Result<Ended> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(verb)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        super::Arguments::command().debug_assert();
    }
}
