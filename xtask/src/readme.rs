//! The commands that the README tells people to type.

use keywheel_pages::{Place, commands};

/// The command that `.ci/run` calls and the README names.
pub(crate) const TEST_COMMAND: &str = "cargo xtask test";

/// What is typed in the first `console` block.
pub(crate) fn first_commands(readme: &str) -> Vec<String> {
    let mut first = None;
    let typed = commands(readme).into_iter().filter(|command| match &command.place {
        Place::Block { kind, .. } if kind == "console" => *first.get_or_insert(command.line) == command.line,
        _ => false,
    });
    typed.map(|command| command.text).collect()
}

#[cfg(test)]
mod tests {
    use super::first_commands;

    #[test]
    fn commands_are_the_typed_lines_of_the_first_console_block() {
        let readme = "# Name\n\n```text\n$ not this\n```\n\n```console\n$ cargo xtask demo\nsome output\n\
                      $ cargo xtask test\n```\n\n```console\n$ nor this\n```\n";
        assert_eq!(first_commands(readme), ["cargo xtask demo", "cargo xtask test"]);
    }

    #[test]
    fn a_page_without_a_console_block_has_no_commands() {
        assert!(first_commands("# Name\n\n    $ cargo xtask demo\n").is_empty());
    }
}
