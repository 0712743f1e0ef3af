//! What a person can do to a user on a day, as the data files say it.

use anyhow::bail;

/// One thing that a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Makes a key by hand.
    MakeKey,
    /// Makes a key active or inactive by hand.
    SetActive(String, bool),
    /// Deletes a key by hand.
    DeleteKey(String),
    /// Deletes the user, with everything that belongs to it.
    DeleteUser,
    /// Makes a user of the same name.
    MakeUser,
    /// Puts the user into the exemption group, or takes it out.
    Exempt(bool),
    /// Sets a tag.
    Tag(String, String),
    /// Puts another value into the secret.
    ChangeSecret,
    /// Makes the secret hand out this key's pair again.
    RestorePair(String),
    /// Deletes the secret at once.
    DeleteSecret,
    /// Schedules the secret for deletion.
    ScheduleSecret,
    /// Takes the secret's deletion back.
    RestoreSecret,
    /// Has the account looked after with `force_rotate`.
    Force,
}

impl Act {
    /// Reads a text such as `makes first inactive`.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        Ok(match words.as_slice() {
            ["makes", "a", "key"] => Act::MakeKey,
            ["makes", "the", "user", "again"] => Act::MakeUser,
            ["makes", key, "inactive"] => Act::SetActive((*key).to_owned(), false),
            ["makes", key, "active"] => Act::SetActive((*key).to_owned(), true),
            ["deletes", "the", "user"] => Act::DeleteUser,
            ["deletes", "the", "secret"] => Act::DeleteSecret,
            ["deletes", key] => Act::DeleteKey((*key).to_owned()),
            ["joins", "the", "exemption", "group"] => Act::Exempt(true),
            ["leaves", "the", "exemption", "group"] => Act::Exempt(false),
            ["tags", name, value] => Act::Tag((*name).to_owned(), (*value).to_owned()),
            ["changes", "the", "secret"] => Act::ChangeSecret,
            ["puts", key, "back", "into", "the", "secret"] => Act::RestorePair((*key).to_owned()),
            ["schedules", "the", "secret", "for", "deletion"] => Act::ScheduleSecret,
            ["restores", "the", "secret"] => Act::RestoreSecret,
            ["forces", "rotation"] => Act::Force,
            _ => bail!("nobody knows how to do {text:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_read_and_others_refused() {
        assert_eq!(Act::read("makes first inactive").unwrap(), Act::SetActive("first".to_owned(), false));
        assert_eq!(Act::read("deletes the user").unwrap(), Act::DeleteUser);
        assert_eq!(Act::read("deletes second").unwrap(), Act::DeleteKey("second".to_owned()));
        assert!(Act::read("makes tea").is_err());
    }
}
