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
