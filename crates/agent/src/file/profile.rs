//! Which section is a profile.

use super::Kind;

/// Whether a section is the profile.
pub(super) fn is(kind: Kind, header: &str, profile: &str) -> bool {
    match kind {
        Kind::Credentials => header == profile,
        Kind::Config if header == "default" => profile == "default",
        Kind::Config => named(header).is_some_and(|name| name == profile),
    }
}

/// The name in `profile name`, which may stand between quotes as in a shell. What a shell would make something else of names no profile here.
fn named(header: &str) -> Option<&str> {
    let rest = header.trim().strip_prefix("profile")?;
    let name = rest.trim();
    if name.len() == rest.len() || name.is_empty() {
        return None;
    }
    let is_plain = |text: &str| !text.contains(['"', '\'', '\\']);
    for quote in ['"', '\''] {
        if let Some(inner) = name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Some(inner).filter(|inner| is_plain(inner));
        }
    }
    Some(name).filter(|name| is_plain(name) && !name.contains(char::is_whitespace))
}
