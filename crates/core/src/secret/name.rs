use crate::id::{AccountId, UserName};

const PREFIX: &str = "Account_";
const MIDDLE: &str = "_User_";
const SUFFIX: &str = "_AccessKey";

/// The name of the user's secret: `Account_<account id>_User_<user name>_AccessKey`.
///
/// IAM allows a comma in user names and Secrets Manager does not (CreateSecret: letters, digits and `/_+=.@-`), so a comma becomes
/// a slash. No user name holds a slash, hence no two users share a name and [`user_of_secret`] can read it back.
#[must_use]
pub fn secret_name(account: &AccountId, user: &UserName) -> String {
    format!("{PREFIX}{account}{MIDDLE}{}{SUFFIX}", user.as_str().replace(',', "/"))
}

/// The account and user whose secret has this name; none when the name is not one that [`secret_name`] makes.
#[must_use]
pub fn user_of_secret(name: &str) -> Option<(AccountId, UserName)> {
    let rest = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let (account, user) = rest.split_once(MIDDLE)?;
    if user.contains(',') {
        return None;
    }
    Some((account.parse().ok()?, user.replace('/', ",").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account() -> AccountId {
        "111122223333".parse().unwrap()
    }

    fn name_of(user: &str) -> String {
        secret_name(&account(), &user.parse().unwrap())
    }

    #[test]
    fn names_stay_as_they_are_but_for_the_comma() {
        assert_eq!(name_of("alice"), "Account_111122223333_User_alice_AccessKey");
        assert_eq!(name_of("a+b=c.d@e_f-g"), "Account_111122223333_User_a+b=c.d@e_f-g_AccessKey");
        assert_eq!(name_of("svc,eu,1"), "Account_111122223333_User_svc/eu/1_AccessKey");
    }

    #[test]
    fn other_names_are_nobodys() {
        for name in [
            "",
            "Account_111122223333_User_AccessKey",
            "Account_111122223333_User__AccessKey",
            "Account_1_User_alice_AccessKey",
            "Account_111122223333_User_al ice_AccessKey",
            "Account_111122223333_User_a,b_AccessKey",
            "prefix/Account_111122223333_User_alice_AccessKey",
            "Account_111122223333_User_alice_AccessKey2",
        ] {
            assert_eq!(user_of_secret(name), None, "{name}");
        }
    }

    fn users() -> impl Strategy<Value = UserName> {
        // Texts close to the name's own parts, where a careless reading would go wrong.
        let tricky = "(_User_|_AccessKey|Account_|,|_|[A-Za-z0-9+=.@-]){1,8}";
        prop_oneof!["[A-Za-z0-9+=,.@_-]{1,64}", tricky].prop_filter_map("too long", |name| name.parse().ok())
    }

    proptest! {
        #[test]
        fn every_name_is_allowed_and_leads_back_to_its_user(user in users(), account in "[0-9]{12}") {
            let account: AccountId = account.parse().unwrap();
            let name = secret_name(&account, &user);
            prop_assert!(name.len() <= 512);
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c)), "{}", name);
            prop_assert_eq!(user_of_secret(&name), Some((account, user)));
        }

        #[test]
        fn no_two_users_share_a_name(one in users(), other in users()) {
            let names = (secret_name(&account(), &one), secret_name(&account(), &other));
            prop_assert_eq!(one == other, names.0 == names.1);
        }
    }
}
