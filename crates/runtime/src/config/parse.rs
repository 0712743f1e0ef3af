//! What the values of variables look like. A parser's error says what is wrong with a part; empty when the variable's own
//! description of accepted values says it all.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use keywheel_core::id::AccountId;
use keywheel_core::policy::Mode;
use keywheel_core::policy::freeze::{Freeze, InvalidFreeze};
use keywheel_core::time::Days;
use keywheel_engine::ports::OuId;

/// Says nothing beyond what is accepted.
pub(super) fn plain<T>() -> Result<T, String> {
    Err(String::new())
}

pub(super) fn one_of<T: Copy>(choices: &[(&str, T)]) -> impl FnOnce(&str) -> Result<T, String> {
    move |text| choices.iter().find(|(name, _)| *name == text).map_or_else(plain, |(_, value)| Ok(*value))
}

pub(super) fn mode(text: &str) -> Result<Mode, String> {
    one_of(&[("audit", Mode::Audit), ("enforce", Mode::Enforce)])(text)
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    one_of(&[("true", true), ("false", false)])(text)
}

/// A whole number in ASCII digits; no sign, no space, no leading zero but zero itself.
pub(super) fn number(range: RangeInclusive<u32>) -> impl FnOnce(&str) -> Result<u32, String> {
    move |text| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number.map_or_else(plain, Ok)
    }
}

pub(super) fn days(range: RangeInclusive<u32>) -> impl FnOnce(&str) -> Result<Days, String> {
    move |text| number(range)(text).map(Days)
}

pub(super) fn days_or_none(range: RangeInclusive<u32>) -> impl FnOnce(&str) -> Result<Option<Days>, String> {
    move |text| if text == "none" { Ok(None) } else { days(range)(text).map(Some) }
}

/// Within what a ledger remembers of users who are gone.
pub(super) fn housekeeping(text: &str) -> Result<Option<Days>, String> {
    days_or_none(7..=80)(text)
}

/// A comma list with at least one entry, each as `parse` has it; spaces around entries do not count.
pub(super) fn list<T>(parse: impl Fn(&str) -> Result<T, String>) -> impl FnOnce(&str) -> Result<Vec<T>, String> {
    move |text| {
        let entry = |entry: &str| {
            parse(entry).map_err(|why| {
                if why.is_empty() { format!("{entry:?} is not accepted") } else { format!("{entry:?} {why}") }
            })
        };
        text.split(',').map(|part| entry(part.trim())).collect()
    }
}

pub(super) fn warn_days(text: &str) -> Result<Vec<Days>, String> {
    let days = list(|entry| days(1..=365)(entry))(text)?;
    let unique: BTreeSet<Days> = days.into_iter().collect();
    Ok(unique.into_iter().rev().collect())
}

/// A text as long as `lengths` allows, of which every character is allowed.
pub(super) fn matching(
    lengths: RangeInclusive<usize>,
    allowed: fn(char) -> bool,
) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        let fits = lengths.contains(&text.chars().count()) && text.chars().all(allowed);
        if fits { Ok(text.to_owned()) } else { plain() }
    }
}

/// The characters of IAM names (IAM API, `RoleName` and others: `[\w+=,.@-]`).
pub(super) fn iam_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)
}

/// A role's name, after its path if it has one (IAM API: path up to 512 characters, name up to 64).
pub(super) fn role_name(text: &str) -> Result<String, String> {
    let parts: Vec<_> = text.split('/').collect();
    let named = parts.last().is_some_and(|name| name.len() <= 64);
    let whole = parts.iter().all(|part| !part.is_empty() && part.chars().all(iam_character));
    if named && whole && text.len() <= 576 { Ok(text.to_owned()) } else { plain() }
}

/// An IAM path (IAM API, `pathType`: up to 512 characters), of the characters that the layers' `user_path` takes.
pub(super) fn user_path(text: &str) -> Result<String, String> {
    let parts = text.strip_prefix('/').and_then(|rest| if rest.is_empty() { Some("") } else { rest.strip_suffix('/') });
    let is_path = |parts: &str| parts.split('/').all(|part| !part.is_empty() && part.chars().all(iam_character));
    let valid = parts.is_some_and(|parts| parts.is_empty() && text == "/" || is_path(parts));
    if valid && text.len() <= 512 { Ok(text.to_owned()) } else { plain() }
}

/// A role's ARN: `arn:<partition>:iam::<account>:role/<path and name>`.
pub(super) fn role_arn(text: &str) -> Result<String, String> {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let valid = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && resource.strip_prefix("role/").is_some_and(|name| role_name(name).is_ok())
        }
        _ => false,
    };
    if valid { Ok(text.to_owned()) } else { plain() }
}

/// A function's name or ARN (Lambda API, `FunctionName`).
pub(super) fn function(text: &str) -> Result<String, String> {
    matching(1..=170, |c| c.is_ascii_alphanumeric() || "-_.:$".contains(c))(text)
}

/// A configuration set's name (SES API, `ConfigurationSetName`).
pub(super) fn configuration_set(text: &str) -> Result<String, String> {
    matching(1..=64, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))(text)
}

/// An event bus's name or ARN (EventBridge API, `EventBusName`).
pub(super) fn event_bus(text: &str) -> Result<String, String> {
    let name = match text.split_once(":event-bus/") {
        Some((place, name)) if arn_of(place, "events") => name,
        Some(_) => return plain(),
        None => text,
    };
    matching(1..=256, |c| c.is_ascii_alphanumeric() || "/._-".contains(c))(name)?;
    Ok(text.to_owned())
}

/// A standard topic's ARN (SNS API, `TopicArn`); FIFO topics order what has no order here.
pub(super) fn topic_arn(text: &str) -> Result<String, String> {
    let (place, name) = text.rsplit_once(':').ok_or_else(String::new)?;
    if text.strip_suffix(".fifo").is_some() {
        return Err("is a FIFO topic".to_owned());
    }
    matching(1..=256, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))(name)?;
    if arn_of(place, "sns") { Ok(text.to_owned()) } else { plain() }
}

/// Whether this is the beginning of an ARN of this service, up to and with the account.
fn arn_of(place: &str, service: &str) -> bool {
    let digits = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match place.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, named, region, account] => {
            partition.starts_with("aws") && *named == service && !region.is_empty() && digits(account)
        }
        _ => false,
    }
}

/// An S3 bucket (S3 user guide, "General purpose bucket naming rules").
pub(super) fn bucket(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let valid = (3..=63).contains(&text.len())
        && text.chars().all(inner)
        && text.starts_with(edge)
        && text.ends_with(edge)
        && !text.contains("..");
    if valid { Ok(text.to_owned()) } else { plain() }
}

pub(super) fn prefix(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!-_./=".contains(c);
    let valid = text.len() <= 256 && text.ends_with('/') && !text.starts_with('/') && text.chars().all(allowed);
    let valid = valid && !text.contains("//") && !text.split('/').any(|part| part == "." || part == "..");
    if valid { Ok(text.to_owned()) } else { plain() }
}

/// An OU (`ou-<4 to 32>-<8 to 32>`) or root (`r-<4 to 32>`), as Organizations names them (API, `OrganizationalUnitId`, `RootId`).
pub(super) fn organizational_unit(text: &str) -> Result<OuId, String> {
    let word = |part: &str, lengths: RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let valid = match text.split('-').collect::<Vec<_>>().as_slice() {
        ["r", root] => word(root, 4..=32),
        ["ou", root, unit] => word(root, 4..=32) && word(unit, 8..=32),
        _ => false,
    };
    if valid { Ok(OuId(text.to_owned())) } else { Err("is not the id of an OU or root".to_owned()) }
}

/// A tag key or the beginning of one (IAM API, `Tag`).
pub(super) fn tag_key(longest: usize) -> impl FnOnce(&str) -> Result<String, String> {
    move |text| {
        let valid = matching(1..=longest, |c| c.is_alphanumeric() || " _.:/=+-@".contains(c))(text)?;
        if valid.to_lowercase().starts_with("aws:") || valid.trim() != valid { plain() } else { Ok(valid) }
    }
}

/// One address: plausible, and harmless in a mail's header.
pub(super) fn email(text: &str) -> Result<String, String> {
    let harmless = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;:\"()[]\\".contains(c);
    let valid = match text.split_once('@') {
        Some((local, domain)) => !local.is_empty() && self::domain(domain).is_ok() && text.chars().all(harmless),
        None => false,
    };
    if valid && text.len() <= 254 { Ok(text.to_owned()) } else { plain() }
}

/// A mail domain, in lower case.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let label = |part: &str| {
        let inner = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (1..=63).contains(&part.len()) && inner && !part.starts_with('-') && !part.ends_with('-')
    };
    if text.len() <= 253 && text.split('.').all(label) {
        Ok(text.to_lowercase())
    } else {
        Err("is not a domain".to_owned())
    }
}

pub(super) fn kms_key(text: &str) -> Result<String, String> {
    matching(1..=2048, |c| c.is_ascii_alphanumeric() || ":/_-".contains(c))(text)
}

pub(super) fn external_id(text: &str) -> Result<String, String> {
    matching(2..=1224, |c| c.is_ascii_alphanumeric() || "+=,.@:/_-".contains(c))(text)
}

/// A pattern for `aws:PrincipalArn`, which is a role's or a user's ARN, never a session's. `ArnLike` compares part by part, so all
/// six must be there (IAM user guide, "ARN condition operators").
pub(super) fn reader_arn(text: &str) -> Result<String, String> {
    if text == "*" {
        return Err("would let everybody read every secret".to_owned());
    }
    if text.contains(":assumed-role/") {
        return Err("is a session's ARN; aws:PrincipalArn is the role's own: write arn:…:iam::…:role/…".to_owned());
    }
    let allowed = |c: char| iam_character(c) || "*?:/".contains(c);
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let valid = match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            let named = resource.strip_prefix("role/").or_else(|| resource.strip_prefix("user/"));
            !partition.is_empty() && !account.is_empty() && named.is_some_and(|name| !name.is_empty() && name != "*")
        }
        _ => false,
    };
    if valid && text.chars().all(allowed) { Ok(text.to_owned()) } else { Err("names no IAM role or user".to_owned()) }
}

pub(super) fn account(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|_| "is not an account id of 12 digits".to_owned())
}

/// Ranges of dates; at least one.
pub(super) fn freeze(text: &str) -> Result<Freeze, String> {
    list(|entry| if entry.is_empty() { plain() } else { Ok(()) })(text)?;
    text.parse().map_err(|wrong: InvalidFreeze| wrong.to_string())
}
