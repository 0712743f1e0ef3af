//! What pages tell people to type, and what they say is printed then. Tests and `cargo xtask` hold it against the programs.

mod output;

use std::io;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

pub use output::is_as;

/// A command in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The line on which its text, or its block, begins.
    pub line: usize,
    /// The command, in one piece where a backslash breaks it.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// Where a command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In running text, where it may be the beginning of one.
    Text,
    /// In a block, after `$ `.
    Block {
        /// What stands after the fence, such as `console aws`.
        kind: String,
        /// The exit code, after `? `, or 0.
        code: i32,
        /// The lines up to the next command.
        output: String,
    },
}

/// The pages that are right in a folder.
///
/// # Errors
/// When the folder cannot be read.
pub fn pages_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: Vec<_> = folder.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect())
}

/// Every command of a page: what is typed in its blocks, and what its text has between backticks.
#[must_use]
pub fn commands(page: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut block: Option<(usize, String, String)> = None;
    for (event, range) in Parser::new(page).into_offset_iter() {
        let line = || page[..range.start].matches('\n').count() + 1;
        match event {
            Event::Code(text) => commands.push(Command { line: line(), text: text.to_string(), place: Place::Text }),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                block = Some((line(), kind.to_string(), String::new()));
            }
            Event::Text(text) => {
                if let Some((.., block)) = &mut block {
                    block.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((line, kind, text)) = block.take() {
                    commands.extend(typed(line, &kind, &text));
                }
            }
            _ => {}
        }
    }
    commands
}

fn typed(line: usize, kind: &str, block: &str) -> Vec<Command> {
    let block = format!("\n{}", block.replace("\\\n", " "));
    let parts = block.split("\n$ ").skip(1);
    parts
        .map(|part| {
            let (text, rest) = part.split_once('\n').unwrap_or((part, ""));
            let coded = rest.strip_prefix("? ").and_then(|rest| rest.split_once('\n'));
            let coded = coded.and_then(|(code, rest)| Some((code.parse().ok()?, rest)));
            let (code, output) = coded.unwrap_or((0, rest));
            let place = Place::Block { kind: kind.to_owned(), code, output: output.to_owned() };
            Command { line, text: text.to_owned(), place }
        })
        .collect()
}

impl Command {
    /// The arguments, where it is a command of this program (which may be two words, such as `cargo xtask`), with variables set before it or
    /// not. What a shell does besides (`> file`, `| jq`) is left out.
    ///
    /// `None` also where quotes are not closed.
    #[must_use]
    pub fn arguments_of(&self, program: &str) -> Option<Vec<String>> {
        let words = shlex::split(&self.text)?;
        let of_shell = |word: &String| ["|", "<", ">", ";", "&&", "#"].contains(&word.as_str());
        let command = words.into_iter().skip_while(|word| is_assignment(word)).take_while(|word| !of_shell(word));
        let command: Vec<_> = command.collect();
        let program: Vec<_> = program.split(' ').collect();
        command
            .starts_with(&program.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
            .then(|| command[program.len()..].to_vec())
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::{Command, Place, commands};

    #[test]
    fn commands_of_text_and_blocks_are_found_in_their_order() {
        let page = "Run `keywheel man`.\n\n1. x\n\n   ```console aws\n   $ keywheel config \\\n       show\n   ? 1\n   error\n   $ ls\n   ```\n";
        let block =
            |code, output: &str| Place::Block { kind: "console aws".to_owned(), code, output: output.to_owned() };
        let command = |line, text: &str, place| Command { line, text: text.to_owned(), place };
        assert_eq!(
            commands(page),
            [
                command(1, "keywheel man", Place::Text),
                command(5, "keywheel config      show", block(1, "error")),
                command(5, "ls", block(0, "")),
            ]
        );
    }

    #[test]
    fn a_program_is_told_from_others_and_from_what_the_shell_does() {
        let arguments =
            |text: &str, program| Command { line: 1, text: text.to_owned(), place: Place::Text }.arguments_of(program);
        assert_eq!(arguments("CI=true keywheel a 'b c' > file", "keywheel"), Some(vec!["a".into(), "b c".into()]));
        assert_eq!(arguments("cargo xtask test", "cargo xtask"), Some(vec!["test".into()]));
        assert_eq!(arguments("keywheel", "keywheel"), Some(Vec::new()));
        assert_eq!(arguments("cargo test", "cargo xtask"), None);
        assert_eq!(arguments("keywheel 'a", "keywheel"), None);
    }
}
