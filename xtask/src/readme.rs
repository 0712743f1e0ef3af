//! The commands that the README tells people to type.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// The command that `.ci/run` calls and the README names.
pub(crate) const TEST_COMMAND: &str = "cargo xtask test";

/// What is typed (the lines that begin with `$ `) in the first `console` block.
pub(crate) fn first_commands(readme: &str) -> Vec<String> {
    let mut events = Parser::new(readme).skip_while(|event| !starts_console(event));
    events.next();
    let text: String = events
        .take_while(|event| !matches!(event, Event::End(TagEnd::CodeBlock)))
        .filter_map(|event| if let Event::Text(text) = event { Some(text.to_string()) } else { None })
        .collect();
    text.lines().filter_map(|line| line.strip_prefix("$ ")).map(|command| command.trim().to_owned()).collect()
}

fn starts_console(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if &**language == "console")
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
