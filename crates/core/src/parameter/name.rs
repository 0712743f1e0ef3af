use std::fmt::Write as _;

use crate::id::{AccountId, UserName};

/// What begins the spelling of a character that Parameter Store does not take.
const ESCAPE: &str = "_.";

/// What IAM allows in user names and Parameter Store does not in names (PutParameter: letters, digits and `_.-/`), each with its letter; and
/// an underscore that a period follows, which would else look like the beginning of a spelling.
const SPELLINGS: [(char, char); 5] = [('@', 'a'), ('+', 'p'), ('=', 'e'), (',', 'c'), ('_', 'u')];

/// The name of the user's parameter: `<prefix><account id>/<user name>`.
///
/// `@`, `+`, `=` and `,` become `_.a`, `_.p`, `_.e` and `_.c`, and `_` before a period becomes `_.u`; all other names stay as they are. No two
/// users share a name.
#[must_use]
pub fn parameter_name(prefix: &str, account: &AccountId, user: &UserName) -> String {
    let mut name = format!("{prefix}{account}/");
    let mut characters = user.as_str().chars().peekable();
    while let Some(character) = characters.next() {
        let letter = SPELLINGS.iter().find(|(spelt, _)| *spelt == character).map(|(_, letter)| *letter);
        match letter.filter(|_| character != '_' || characters.peek() == Some(&'.')) {
            Some(letter) => {
                let _ = write!(name, "{ESCAPE}{letter}");
            }
            None => name.push(character),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "/keywheel/";

    fn name_of(user: &str) -> String {
        parameter_name(PREFIX, &"111122223333".parse().unwrap(), &user.parse().unwrap())
    }

    #[test]
    fn names_stay_as_they_are_but_for_what_parameter_store_does_not_take() {
        assert_eq!(name_of("alice"), "/keywheel/111122223333/alice");
        assert_eq!(name_of("first.last_2-b__c_"), "/keywheel/111122223333/first.last_2-b__c_");
        assert_eq!(name_of("alice@example.com"), "/keywheel/111122223333/alice_.aexample.com");
        assert_eq!(name_of("a+b=c,d_.e"), "/keywheel/111122223333/a_.pb_.ec_.cd_.u.e");
    }

    /// Reads a name back.
    fn user_of(name: &str) -> Option<(AccountId, UserName)> {
        let (account, spelt) = name.strip_prefix(PREFIX)?.split_once('/')?;
        let (mut user, mut rest) = (String::new(), spelt);
        while let Some((plain, escaped)) = rest.split_once(ESCAPE) {
            let mut letters = escaped.chars();
            let letter = letters.next()?;
            user.push_str(plain);
            user.push(SPELLINGS.iter().find(|(_, known)| *known == letter)?.0);
            rest = letters.as_str();
        }
        user.push_str(rest);
        Some((account.parse().ok()?, user.parse().ok()?))
    }

    fn users() -> impl Strategy<Value = UserName> {
        let tricky = "(_\\.|_|\\.|@|,|a|u|p){1,12}";
        prop_oneof!["[A-Za-z0-9+=,.@_-]{1,64}", tricky].prop_filter_map("too long", |name| name.parse().ok())
    }

    proptest! {
        #[test]
        fn every_name_is_allowed_and_leads_back_to_its_user(user in users(), account in "[0-9]{12}") {
            let account: AccountId = account.parse().unwrap();
            let name = parameter_name(PREFIX, &account, &user);
            prop_assert!(name.len() <= 300 && name.matches('/').count() == 3);
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "/_.-".contains(c)), "{}", name);
            prop_assert_eq!(user_of(&name), Some((account, user)));
        }

        #[test]
        fn no_two_users_share_a_name(one in users(), other in users()) {
            prop_assert_eq!(one == other, name_of(one.as_str()) == name_of(other.as_str()));
        }
    }
}
