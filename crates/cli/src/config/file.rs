//! `keywheel.toml`: the functions of a deployment, and settings by the names of their variables.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::Value;

use super::{not_a_setting, variable_named};
use crate::exit::usage;

const USUAL: &str = "keywheel.toml";

/// What the file says; nothing where there is no file.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) functions: Vec<String>,
    values: BTreeMap<String, String>,
}

impl File {
    /// Reads a file that is named, or else `keywheel.toml` of this folder, if it is there.
    pub(super) fn read(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = named.unwrap_or(Path::new(USUAL));
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn parse(path: &Path, text: &str) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let hint = "lines look like ROTATION_PERIOD = 60, and functions = [\"keywheel-key-rotation\", \"keywheel-account-inventory\"]";
        // The parser's error quotes the line, which may hold what is confidential.
        let table = text.parse::<toml::Table>().map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
            usage(format!("{shown}:{line}: {}", error.message()), hint)
        })?;
        let mut file = Self { path: path.to_owned(), ..Self::default() };
        for (name, value) in table {
            if name == "functions" {
                file.functions =
                    names(&value).ok_or_else(|| usage(format!("{shown}: functions is no list of names"), hint))?;
                continue;
            }
            variable_named(&name).ok_or_else(|| not_a_setting(&name, &shown))?;
            let value = words(&value)
                .ok_or_else(|| usage(format!("{shown}: {name} has no value that a setting can have"), hint))?;
            file.values.insert(name, value);
        }
        Ok(file)
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }
}

fn names(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The value as it would stand in a variable: lists with commas.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(switch) => Some(switch.to_string()),
        Value::Datetime(date) => Some(date.to_string()),
        Value::Array(parts) => Some(parts.iter().map(words).collect::<Option<Vec<_>>>()?.join(",")),
        Value::Float(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<File> {
        File::parse(Path::new("keywheel.toml"), text)
    }

    #[test]
    fn values_read_as_the_variables_do() {
        let text = "functions = [\"key-rotation\"]\nROTATION_PERIOD = 60\nWARN_DAYS = [7, 1]\nREQUIRE_NOTICE = false\nFREEZE = 2026-12-24\n";
        let file = parse(text).unwrap();
        assert_eq!(file.functions, ["key-rotation"]);
        let values = ["ROTATION_PERIOD", "WARN_DAYS", "REQUIRE_NOTICE", "FREEZE"].map(|name| file.value(name).unwrap());
        assert_eq!(values, ["60", "7,1", "false", "2026-12-24"]);
        assert_eq!(file.value("TAG_PREFIX"), None);
    }

    #[test]
    fn what_is_no_setting_is_refused_without_quoting_values() {
        for (text, says) in [
            ("ROTATION_PERIODS = 60", "ROTATION_PERIODS"),
            ("ROTATION_PERIOD = 6.5", "ROTATION_PERIOD"),
            ("functions = \"key-rotation\"", "functions"),
            ("\n\nMEMBER_ROLE_EXTERNAL_ID = \"hidden", "keywheel.toml:3"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("hidden"), "{error}");
        }
    }
}
