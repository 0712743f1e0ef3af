//! The commands that the pages name: those that need nothing are run and print what the page says, all others are at least understood.
//!
//! Not with trycmd, which brings sixteen crates into the workspace for what is two functions here.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::keywheel;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn console_blocks_print_what_the_pages_say() {
    let mut run = 0;
    for page in [pages("docs"), pages("docs/migrate")].concat() {
        for block in blocks(&fs::read_to_string(&page).unwrap()) {
            for Call { command, code, output } in calls(&block) {
                let ended = keywheel(&root().join("docs"), words(&command)[1..].iter().map(String::as_str), "");
                let printed = format!("{}{}", ended.out, ended.err);
                assert_eq!(ended.code, code, "{}: {command}\n{printed}", page.display());
                assert!(is_as(&printed, &output), "{}: {command}\n{printed}\nand not\n{output}", page.display());
                run += 1;
            }
        }
    }
    assert!(run >= 2, "only {run} commands were found");
}

#[test]
fn every_command_that_a_page_names_is_one_that_keywheel_knows() {
    let mut commands = 0;
    for page in [pages("docs"), pages("docs/migrate"), pages("docs/recipes"), vec![root().join("README.md")]].concat() {
        let text = fs::read_to_string(&page).unwrap().replace("\\\n", " ");
        let typed = text.lines().filter_map(|line| line.trim_start().strip_prefix("$ keywheel "));
        for command in typed {
            let mut words = words(command);
            // Whatever stands before it is read first, and refused if it is not known.
            words.push("--help".to_owned());
            let ended = keywheel(&root(), words.iter().map(String::as_str), "");
            assert_eq!(ended.code, 0, "{}: keywheel {command}\n{}", page.display(), ended.err);
            commands += 1;
        }
    }
    assert!(commands > 30, "only {commands} commands were found");
}

#[test]
fn a_page_that_says_something_else_is_noticed() {
    assert!(
        is_as("one\ntwo\nthree\n", "one\n...\nthree\n") && is_as("one\n", "one\n") && is_as("a: 5 s\n", "a: [..] s\n")
    );
    assert!(!is_as("one\ntwo\n", "one\n") && !is_as("one\n", "one\ntwo\n") && !is_as("two\n", "...\nthree\n"));
    let block = "$ keywheel config \\\n    show\n? 1\nerror\n$ keywheel man\n";
    let calls = calls(block);
    assert_eq!(
        (words(&calls[0].command).join(" ").as_str(), calls[0].code, calls[0].output.as_str()),
        ("keywheel config show", 1, "error")
    );
    assert_eq!((calls[1].code, calls[1].output.as_str()), (0, ""));
    assert_eq!(words("keywheel a \"b c\" > file"), ["keywheel", "a", "b c"]);
}

fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

/// What stands in the `console` blocks that give no reason why they are not run.
fn blocks(text: &str) -> Vec<String> {
    let parts = text.split("\n```console\n").skip(1);
    parts.map(|part| part.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

/// One command of a block: what is typed after `$ `, the exit code after `? ` (else 0), and what is printed.
struct Call {
    command: String,
    code: i32,
    output: String,
}

fn calls(block: &str) -> Vec<Call> {
    let block = format!("\n{}", block.replace("\\\n", " "));
    let parts = block.split("\n$ ").skip(1);
    parts
        .map(|part| {
            let (command, rest) = part.split_once('\n').unwrap_or((part, ""));
            let coded = rest.strip_prefix("? ").and_then(|rest| rest.split_once('\n'));
            let (code, output) = coded.map_or((0, rest), |(code, rest)| (code.parse().unwrap(), rest));
            Call { command: command.to_owned(), code, output: output.to_owned() }
        })
        .collect()
}

/// The words of the first command on a line, as a shell takes them apart.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for character in command.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            '|' | '<' | '>' | ';' | '&' if !is_quoted => break,
            ' ' if !is_quoted => words.push(String::new()),
            character => words.last_mut().unwrap().push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether it is what the page says: a line `...` stands for any lines, `[..]` for any text in a line.
fn is_as(printed: &str, page: &str) -> bool {
    fn lines_are(printed: &[&str], page: &[&str]) -> bool {
        match page.split_first() {
            None => printed.is_empty(),
            Some((&"...", rest)) => (0..=printed.len()).any(|from| lines_are(&printed[from..], rest)),
            Some((line, rest)) => {
                printed.split_first().is_some_and(|(first, others)| line_is(first, line) && lines_are(others, rest))
            }
        }
    }
    lines_are(&printed.lines().collect::<Vec<_>>(), &page.lines().collect::<Vec<_>>())
}

fn line_is(printed: &str, page: &str) -> bool {
    let Some((before, after)) = page.split_once("[..]") else { return printed == page };
    printed.strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
}
