use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccessKeyId, AccountId, UserName};
use crate::secret::{KeyPair, SecretRecord};

const ID: &str = "aws_access_key_id = ";
const HALF: &str = "aws_secret_access_key = ";

/// How a parameter's value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterLayout {
    /// That of AWS-AccessKey-Rotation: `NEW` and a pair on lines of their own, and `OLD` and the pair before it.
    NewOld,
    /// The JSON that the secret holds, which is valid output of a `credential_process`.
    Json,
}

/// A key with its secret half, as a parameter holds it.
#[derive(Clone)]
pub struct ParameterPair {
    /// The key's id.
    pub id: AccessKeyId,
    secret: SecretString,
}

/// What a parameter holds, in whichever layout.
#[derive(Clone, Debug)]
pub struct ParameterContent {
    /// The pair that hosts are to use.
    pub new: ParameterPair,
    /// The pair that they used before.
    pub old: Option<ParameterPair>,
}

/// A parameter's value, ready to be put: text that cannot be printed.
pub struct ParameterValue(SecretString);

impl ParameterValue {
    /// The value that hands out `new`, after `old` where that is known. A pair of `old` without its secret half is never named: a host would
    /// change the id in its files and keep the wrong secret half.
    ///
    /// # Errors
    /// Never in practice: the record holds nothing that JSON cannot.
    pub fn of(
        layout: ParameterLayout,
        account: &AccountId,
        user: &UserName,
        new: &KeyPair,
        old: Option<&ParameterPair>,
    ) -> Result<Self, serde_json::Error> {
        let text = match layout {
            ParameterLayout::NewOld => new_old(&ParameterPair::of(new), old),
            ParameterLayout::Json => {
                let record = SecretRecord::of_new_pair(account, user, new, None);
                record.with_secret(new)?.expose().to_owned()
            }
        };
        Ok(Self(text.into()))
    }

    /// The text, for the one call that stores it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

fn new_old(new: &ParameterPair, old: Option<&ParameterPair>) -> String {
    let pair =
        |title: &str, pair: &ParameterPair| format!("{title}\n{ID}{}\n{HALF}{}", pair.id, pair.secret.expose_secret());
    let old = old.map(|old| format!("\n{}", pair("OLD", old)));
    format!("{}{}", pair("NEW", new), old.unwrap_or_default())
}

impl ParameterPair {
    /// The pair as parameters have it.
    #[must_use]
    pub fn of(pair: &KeyPair) -> Self {
        Self { id: pair.id.clone(), secret: pair.secret.clone() }
    }

    /// The pair of a key that IAM made then.
    #[must_use]
    pub fn made_at(&self, created: Timestamp) -> KeyPair {
        KeyPair { id: self.id.clone(), created, secret: self.secret.clone() }
    }

    /// Whether it is just this pair, with the same secret half.
    #[must_use]
    pub fn is(&self, pair: &KeyPair) -> bool {
        self.id == pair.id && self.secret.expose_secret() == pair.secret.expose_secret()
    }
}

impl ParameterContent {
    /// What a value holds; none where it has neither layout.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim_start().starts_with('{') { of_json(text) } else { of_lines(text) }
    }
}

fn of_json(text: &str) -> Option<ParameterContent> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Pair {
        access_key_id: AccessKeyId,
        secret_access_key: SecretString,
    }
    let Pair { access_key_id: id, secret_access_key: secret } = serde_json::from_str(text).ok()?;
    is_half(secret.expose_secret()).then_some(ParameterContent { new: ParameterPair { id, secret }, old: None })
}

/// Whether a text can be a secret half: with a line break in it, lines would be told apart wrongly later.
fn is_half(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Line by line: a secret half may itself contain `NEW` or `OLD`.
fn of_lines(text: &str) -> Option<ParameterContent> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut pair = |title: &str| {
        let (found, id, half) = (lines.next()?, lines.next()?, lines.next()?);
        let value = |line: &str, name: &str| {
            line.split_once('=')
                .filter(|(key, _)| key.trim() == name.trim_end_matches(" = "))
                .map(|(_, value)| value.trim().to_owned())
        };
        let (id, half) = (value(id, ID)?.parse().ok()?, value(half, HALF).filter(|half| is_half(half))?);
        (found == title).then(|| ParameterPair { id, secret: half.into() })
    };
    let new = pair("NEW")?;
    let old = pair("OLD");
    Some(ParameterContent { new, old })
}

impl std::fmt::Debug for ParameterPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParameterPair").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ParameterValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParameterValue(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Nobody's: they only have the look of secret halves; one contains what a careless reader looks for.
    const HALVES: [&str; 2] =
        ["not/a+secret/NEW+forty/OLDaracters+long00", "NEWnot/a=secret/either+forty/characters=="];
    const IDS: [&str; 2] = ["AKIANEWNEWNEWNEWNEWN", "AKIAOLDOLDOLDOLDOLDO"];

    fn pair(place: usize) -> KeyPair {
        let created = "2026-11-20T02:00:07Z".parse().unwrap();
        KeyPair { id: IDS[place].parse().unwrap(), created, secret: HALVES[place].to_owned().into() }
    }

    fn value(layout: ParameterLayout, old: Option<&ParameterPair>) -> ParameterValue {
        let (account, user) = ("111122223333".parse().unwrap(), "alice".parse().unwrap());
        ParameterValue::of(layout, &account, &user, &pair(0), old).unwrap()
    }

    #[test]
    fn the_layout_is_that_of_aws_access_key_rotation() {
        let old = ParameterPair::of(&pair(1));
        let [new_half, old_half] = HALVES;
        let text = format!(
            "NEW\naws_access_key_id = AKIANEWNEWNEWNEWNEWN\naws_secret_access_key = {new_half}\n\
             OLD\naws_access_key_id = AKIAOLDOLDOLDOLDOLDO\naws_secret_access_key = {old_half}"
        );
        assert_eq!(value(ParameterLayout::NewOld, Some(&old)).expose(), text);
        let first = text.split("\nOLD").next().unwrap();
        assert_eq!(value(ParameterLayout::NewOld, None).expose(), first);
        assert!(first.len() < 4_096, "a standard parameter (PutParameter, `Value`)");
    }

    #[test]
    fn what_was_written_is_read_back_and_so_is_what_the_peer_wrote() {
        let old = ParameterPair::of(&pair(1));
        let read = ParameterContent::parse(value(ParameterLayout::NewOld, Some(&old)).expose()).unwrap();
        assert!(read.new.is(&pair(0)) && read.old.unwrap().is(&pair(1)));
        let read = ParameterContent::parse(value(ParameterLayout::NewOld, None).expose()).unwrap();
        assert!(read.new.is(&pair(0)) && !read.new.is(&pair(1)) && read.old.is_none());
        let read = ParameterContent::parse(value(ParameterLayout::Json, Some(&old)).expose()).unwrap();
        assert!(read.new.is(&pair(0)) && read.old.is_none());
        let by_hand = format!("NEW\n\n aws_access_key_id={}\r\naws_secret_access_key = {} \n", IDS[0], HALVES[0]);
        assert!(ParameterContent::parse(&by_hand).unwrap().new.is(&pair(0)));
        let same_id = KeyPair { secret: HALVES[1].to_owned().into(), ..pair(0) };
        assert!(!ParameterContent::parse(&by_hand).unwrap().new.is(&same_id));
    }

    #[test]
    fn anything_else_is_no_pair() {
        let [id, _] = IDS;
        for text in [
            "",
            "{}",
            "param",
            "NEW",
            "OLD\naws_access_key_id = AKIANEWNEWNEWNEWNEWN\naws_secret_access_key = x",
            &format!("NEW\naws_access_key_id = {id}"),
            &format!("NEW\naws_access_key_id = {id}\naws_secret_access_key ="),
            &format!("NEW\naws_secret_access_key = x\naws_access_key_id = {id}"),
            &format!("{{\"AccessKeyId\":\"{id}\"}}"),
            &format!("{{\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"\"}}"),
            &format!("{{\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"a\\nb\"}}"),
            &format!("NEW\naws_access_key_id = {id}\naws_secret_access_key = a b"),
        ] {
            assert!(ParameterContent::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn the_json_is_that_of_the_secret() {
        let json: serde_json::Value = serde_json::from_str(value(ParameterLayout::Json, None).expose()).unwrap();
        let expected = serde_json::json!({
            "Version": 1, "AccessKeyId": IDS[0], "SecretAccessKey": HALVES[0], "UserName": "alice",
            "AccountId": "111122223333", "CreateDate": "2026-11-20T02:00:07Z", "Status": "Active"
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn no_debug_output_shows_a_secret_half() {
        let value = value(ParameterLayout::NewOld, Some(&ParameterPair::of(&pair(1))));
        let content = ParameterContent::parse(value.expose()).unwrap();
        let shown = format!("{value:?} {content:?} {content:#?}");
        assert!(HALVES.iter().all(|half| !shown.contains(half) && value.expose().contains(half)), "{shown}");
    }
}
