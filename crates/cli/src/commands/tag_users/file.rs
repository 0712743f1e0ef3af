//! The file of users and tags, in either form.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use keywheel_core::id::UserName;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::exit::usage;
use crate::files;

/// The tags that each user is to have.
pub(super) type Wanted = BTreeMap<UserName, BTreeMap<String, String>>;

/// Reads the file.
pub(super) fn read(path: &Path) -> anyhow::Result<Wanted> {
    let hint = "keywheel tag-users --help shows both forms";
    let text = files::read(path, hint)?;
    let text = String::from_utf8(text).map_err(|error| usage(format!("{}: {error}", path.display()), hint))?;
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let read = if is_csv { of_csv(&text) } else { of_json(&text) };
    let wanted = read.map_err(|why| usage(format!("{}: {why}", path.display()), hint))?;
    if wanted.is_empty() {
        return Err(usage(format!("{} names no users", path.display()), hint));
    }
    Ok(wanted)
}

fn of_json(text: &str) -> Result<Wanted, String> {
    serde_json::from_str::<Users>(text).map(|users| users.0).map_err(|error| error.to_string())
}

/// Users, each of them once: one who is there twice would get one of two values, and nobody could say which.
struct Users(Wanted);

impl<'de> Deserialize<'de> for Users {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UsersVisitor)
    }
}

struct UsersVisitor;

impl<'de> Visitor<'de> for UsersVisitor {
    type Value = Users;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of users")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Users, A::Error> {
        let mut wanted = Wanted::new();
        while let Some((user, tags)) = map.next_entry::<UserName, BTreeMap<String, String>>()? {
            if wanted.insert(user.clone(), tags).is_some() {
                return Err(A::Error::custom(format!("user {user} is there twice")));
            }
        }
        Ok(Users(wanted))
    }
}

fn of_csv(text: &str) -> Result<Wanted, String> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    if header.get(0).is_none_or(|first| !first.eq_ignore_ascii_case("user")) {
        return Err("its first column is not user".to_owned());
    }
    let mut keys = BTreeSet::new();
    if let Some(key) = header.iter().find(|key| !keys.insert(key.to_lowercase())) {
        return Err(format!("column {key} is there twice"));
    }
    let mut wanted = Wanted::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let user: UserName = row.get(0).unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
        let tags = header.iter().zip(&row).skip(1).filter(|(_, value)| !value.is_empty());
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        if wanted.insert(user.clone(), tags).is_some() {
            return Err(format!("user {user} is there twice"));
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let json = r#"{"alice": {"KeyRotation:EMAIL": "a@example.com"}, "bob": {"KeyRotation:EMAIL": "b@example.com", "team": "x"}}"#;
        let csv = "\u{feff}user,KeyRotation:EMAIL,team\nalice,a@example.com,\nbob,b@example.com,x\n";
        let wanted = of_json(json).unwrap();
        assert_eq!(wanted.len(), 2);
        assert_eq!(of_csv(csv).unwrap(), wanted);
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for (read, why) in [
            (of_json(r#"{"alice": {}, "alice": {}}"#), "alice is there twice"),
            (of_json(r#"{"al ice": {}}"#), "al ice"),
            (of_json(r#"{"alice": {"a": 1}}"#), "expected a string"),
            (of_json("[]"), "an object of users"),
            (of_csv("user,a\nalice,1\nalice,2\n"), "alice is there twice"),
            (of_csv("user,a,A\nalice,1,2\n"), "column A is there twice"),
            (of_csv("user,a\nalice,1,2\n"), "found record"),
            (of_csv("name,a\nalice,1\n"), "first column is not user"),
        ] {
            let error = read.unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
