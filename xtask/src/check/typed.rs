//! Every `cargo xtask` command line of a page is one that there is, with steps that there are.

use clap::Parser;
use clap::error::ErrorKind;
use keywheel_pages::commands;

use super::Problem;
use super::tree::Tree;
use crate::{Arguments, Task, test};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.with_ending(".md").flat_map(|(page, text)| problems(page, text)).collect()
}

fn problems(page: &str, text: &str) -> Vec<Problem> {
    let typed = commands(text).into_iter().filter_map(|command| {
        let arguments = command.arguments_of("cargo xtask").filter(|arguments| !arguments.is_empty())?;
        Some(format!("{page}:{}: `{}`: {}", command.line, command.text, fault(&arguments)?))
    });
    typed.collect()
}

fn fault(arguments: &[String]) -> Option<String> {
    let words = std::iter::once("xtask").chain(arguments.iter().map(String::as_str));
    match Arguments::try_parse_from(words) {
        Ok(Arguments { task: Task::Test { only: Some(word), .. } }) if !test::has_step(&word) => {
            Some("no step has this in its title".to_owned())
        }
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => None,
        // `cargo xtask aft-export` in running text stands for any folder.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => None,
        Err(error) => error.to_string().lines().next().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn commands_that_there_are_pass() {
        let page = "`cargo xtask`, `cargo xtask --help`, `cargo xtask aft-export`, `CI=true cargo xtask test --only \"night on the\"`\n\n\
                    ```console machine\n$ cargo xtask demo --days 45 # long\n```\n";
        assert_eq!(problems("a.md", page), [""; 0]);
    }

    #[test]
    fn tasks_flags_and_steps_that_there_are_not_are_problems() {
        for command in ["cargo xtask test --only nights-and-days", "cargo xtask demo --day 3", "cargo xtask tests"] {
            let found = problems("docs/a.md", &format!("# A\n\n```console machine\n$ {command}\n```\n"));
            assert!(found.len() == 1 && found[0].starts_with("docs/a.md:3: `cargo xtask"), "{command}: {found:?}");
        }
    }
}
