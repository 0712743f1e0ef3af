//! Reads variables and gathers everything that is wrong with them, so that one error can name it all.

use keywheel_core::clean::quoted;

use super::variable::{Unset, Variable};

/// How much of a wrong value an error shows.
const SHOWN: usize = 200;
/// Characters at most of what is said of one variable.
const LONGEST_MESSAGE: usize = 1_500;

/// A configuration with which a function does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is invalid: {}", numbered(.problems))]
pub struct InvalidConfiguration {
    /// Everything that is wrong, one entry for each variable.
    pub problems: Vec<Problem>,
}

/// What is wrong with one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong, for a person to read, with the value and what is accepted.
    pub message: String,
}

fn numbered(problems: &[Problem]) -> String {
    let numbered: Vec<_> =
        problems.iter().enumerate().map(|(index, problem)| format!("({}) {}", index + 1, problem.message)).collect();
    numbered.join("; ")
}

/// Reads variables, remembering what is wrong.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// The value of a variable that has a default or must be set. None means that a problem was noted.
    pub(super) fn value<T>(&mut self, variable: &Variable, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match variable.unset {
            Unset::Default(text) if !self.is_set(variable) => self.parsed(variable, text, parse),
            _ => self.needed(variable, parse),
        }
    }

    /// The value of a variable that may be left out. None means that a problem was noted.
    #[allow(clippy::option_option, reason = "the outer option is the reader's own, as in `value`")]
    pub(super) fn optional<T>(
        &mut self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        match self.text(variable) {
            Some(text) => self.parsed(variable, &text, parse).map(Some),
            None => Some(None),
        }
    }

    /// The value of a variable that another one makes necessary. None means that a problem was noted.
    pub(super) fn needed<T>(
        &mut self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if let Some(text) = self.text(variable) {
            return self.parsed(variable, &text, parse);
        }
        self.problem(variable, &format!("{} is not set; accepted: {}", variable.name, variable.accepted));
        None
    }

    /// Whether the variable is set to anything.
    pub(super) fn is_set(&self, variable: &Variable) -> bool {
        self.text(variable).is_some()
    }

    /// Notes a problem in the caller's own words, which name the variable.
    pub(super) fn problem(&mut self, variable: &Variable, message: &str) {
        // A value that was put into the wrong variable may be a secret.
        self.problems.push(Problem { variable: variable.name, message: quoted(message, LONGEST_MESSAGE) });
    }

    /// What was read, or everything that is wrong. `build` brings none only where a problem was noted.
    pub(super) fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, InvalidConfiguration> {
        match build() {
            Some(read) if self.problems.is_empty() => Ok(read),
            _ => Err(InvalidConfiguration { problems: self.problems }),
        }
    }

    fn text(&self, variable: &Variable) -> Option<String> {
        (self.lookup)(variable.name).filter(|text| !text.is_empty())
    }

    fn parsed<T>(
        &mut self,
        variable: &Variable,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        parse(text).map_err(|why| self.wrong(variable, text, &why)).ok()
    }

    fn wrong(&mut self, variable: &Variable, text: &str, why: &str) {
        let name = variable.name;
        let shown = quoted(&format!("{text:?}"), SHOWN);
        let value = if variable.is_confidential() { "a value that is not shown here".to_owned() } else { shown };
        let why = if why.is_empty() || variable.is_confidential() {
            String::new()
        } else {
            format!(" ({})", quoted(why, SHOWN))
        };
        self.problem(variable, &format!("{name} is {value}{why}; accepted: {}", variable.accepted));
    }
}
