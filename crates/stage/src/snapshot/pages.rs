//! What the page of the command line says that `keywheel` prints stands in a snapshot of what it printed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use keywheel_pages::{Place, commands};

use super::{masked, without_runs};

#[test]
fn what_the_page_of_the_command_line_shows_was_printed() {
    let page = fs::read_to_string(folder().join("../../docs/cli.md")).unwrap();
    let shown = shown(&page);
    assert!(shown.len() > 25, "only {} lines of output were found", shown.len());
    let never = shown.iter().filter(|(verb, line)| !printed(verb).contains(&bare(line)));
    assert_eq!(never.map(|(verb, line)| format!("{verb}: {line}")).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_line_that_was_never_printed_is_noticed() {
    let page =
        "```console deployment\n$ keywheel plan\n1 account: 1 looked at; 5 users, 7 keys\n…\nnothing planned\n```\n";
    let shown = shown(page);
    let known: Vec<_> = shown.iter().map(|(verb, line)| printed(verb).contains(&bare(line))).collect();
    assert_eq!(known, [true, false]);
}

/// The verb and each line of what a deployment's commands print, but for questions, which only a terminal gets.
fn shown(page: &str) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for command in commands(page) {
        let (Some(arguments), Place::Block { kind, output, .. }) = (command.arguments_of("keywheel"), &command.place)
        else {
            continue;
        };
        if kind == "console deployment" {
            let lines = output.lines().filter(|line| !line.is_empty() && *line != "…" && !line.contains("? Type "));
            shown.extend(lines.map(|line| (arguments[0].clone(), line.to_owned())));
        }
    }
    shown
}

/// Every line of the snapshots of a verb.
fn printed(verb: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder().join("snapshots")).unwrap().map(|file| file.unwrap().path());
    let of_verb = files.filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with(verb));
    of_verb.flat_map(|file| fs::read_to_string(file).unwrap().lines().map(bare).collect::<Vec<_>>()).collect()
}

/// The line with what differs from place to place masked and columns of any width. The functions have no prefix on the stage, and a step
/// is shown alike when it is planned and when it is done.
fn bare(line: &str) -> String {
    let line = masked(&without_runs(line)).replace("keywheel-key-rotation", "key-rotation");
    let line = line.replace("keywheel-account-inventory", "account-inventory");
    let words: Vec<_> = line.split_whitespace().collect();
    words.join(" ").replacen("planned ", "done ", usize::from(words.first() == Some(&"planned")))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
