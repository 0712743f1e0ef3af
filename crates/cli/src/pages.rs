//! Every command line of `keywheel` in a page is one that it takes.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use keywheel_pages::{Command, Place, commands, pages_in};

use super::Arguments;

/// What is wrong with the beginning of a command, whatever would follow it.
const NEVER_RIGHT: [ErrorKind; 4] =
    [ErrorKind::ArgumentConflict, ErrorKind::InvalidSubcommand, ErrorKind::UnknownArgument, ErrorKind::ValueValidation];

#[test]
fn every_command_line_of_a_page_is_one_that_keywheel_takes() {
    let mut seen = 0;
    let mut faults = Vec::new();
    for page in pages() {
        for command in commands(&fs::read_to_string(&page).unwrap()) {
            let Some(arguments) = command.arguments_of("keywheel") else { continue };
            seen += 1;
            let fault = fault(&command, &arguments);
            faults.extend(fault.map(|fault| format!("{}:{}: {}\n{fault}", page.display(), command.line, command.text)));
        }
    }
    assert_eq!(faults, [""; 0]);
    assert!(seen > 100, "only {seen} command lines were found");
}

#[test]
fn every_flag_that_the_pages_of_the_command_line_name_is_one_of_its_own() {
    let known = flags(&Arguments::command());
    for page in ["docs/agent.md", "docs/cli.md", "docs/encrypted-delivery.md", "docs/reports.md", "docs/runbook.md"] {
        for command in commands(&fs::read_to_string(root().join(page)).unwrap()) {
            let flag = command.text.split([' ', '=']).next().and_then(|word| word.strip_prefix("--"));
            assert!(
                flag.is_none_or(|flag| known.contains(&flag.to_owned())),
                "{page}:{}: {}",
                command.line,
                command.text
            );
        }
    }
}

#[test]
fn a_command_line_that_keywheel_does_not_take_is_noticed() {
    let fault = |page: &str| {
        let command = commands(page).remove(0);
        fault(&command, &command.arguments_of("keywheel").unwrap())
    };
    assert_eq!(fault("`keywheel exempt add`, `keywheel doctor --account`"), None);
    assert!(fault("`keywheel doctor --acount`").is_some() && fault("`keywheel docter`").is_some());
    assert!(fault("```console aws\n$ keywheel rollback alice --own-acount\n```\n").is_some());
    assert!(fault("```console aws\n$ keywheel doctor --account\n```\n").is_some());
    assert!(fault("```console aws\n$ keywheel exempt add alice\n```\n").is_some());
}

/// What clap says against it: all of a command in a block is there, and of one in running text perhaps the beginning.
fn fault(command: &Command, arguments: &[String]) -> Option<String> {
    let arguments = arguments.iter().map(|argument| argument.replace("AKIA…", "AKIAIOSFODNN7EXAMPLE"));
    let error = Arguments::try_parse_from(std::iter::once("keywheel".to_owned()).chain(arguments)).err()?;
    let is_right = match command.place {
        Place::Text => !NEVER_RIGHT.contains(&error.kind()),
        Place::Block { .. } => matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion),
    };
    (!is_right).then(|| error.to_string())
}

fn flags(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(flags)).chain(["help".to_owned(), "version".to_owned()]).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages at the root, and those of these folders and the folders in them.
fn pages() -> Vec<PathBuf> {
    let mut pages = pages_in(&root()).unwrap();
    let mut folders: Vec<_> = ["docs", "examples", "templates"].map(|folder| root().join(folder)).into();
    while let Some(folder) = folders.pop() {
        pages.extend(pages_in(&folder).unwrap());
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    pages
}
