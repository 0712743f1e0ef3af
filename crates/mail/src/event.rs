//! Reads the event that notification is handed.

use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{Digest, DigestEntry, RecipientRole};
use keywheel_core::id::AccountId;
use keywheel_core::secret::secret_name;

use crate::address;
use crate::clean::quoted;

/// Bytes of an encrypted pair at most; a pair comes to less than two thousand.
const LONGEST_ENCRYPTED: usize = 8 * 1024;

/// The one template there is so far.
const DIGEST: &str = "digest";

/// An event from which no mail can be made. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is not a digest that can be mailed: {why}. Nothing was sent. Digests come from key-rotation; deploy both functions from one release"
)]
pub struct InvalidDigest {
    /// What is wrong with it; without the recipient's address.
    pub why: String,
}

/// Reads a digest and checks every value that ends in a header, a command or a name.
///
/// # Errors
/// Names the first thing that is wrong.
pub fn parse(event: serde_json::Value) -> Result<Digest, InvalidDigest> {
    let invalid = |why: String| InvalidDigest { why };
    match event.get("schema_version").and_then(serde_json::Value::as_u64) {
        None => return Err(invalid("it has no schema_version".to_owned())),
        Some(version) if version > u64::from(SCHEMA) => {
            let why = format!("its schema_version is {version} and this release knows {SCHEMA} at most");
            return Err(invalid(why));
        }
        Some(_) => {}
    }
    let digest: Digest = serde_json::from_value(event).map_err(|error| {
        // The error quotes what it could not read, and that may be the address.
        invalid(address::mask_all(&quoted(&error.to_string(), 300)))
    })?;
    check(&digest)?;
    Ok(digest)
}

fn check(digest: &Digest) -> Result<(), InvalidDigest> {
    let fail = |why: String| Err(InvalidDigest { why });
    if digest.template != DIGEST {
        return fail(format!("there is no template {:?}; there is {DIGEST:?}", quoted(&digest.template, 80)));
    }
    if !keywheel_core::address::is_plain(&digest.recipient.email) {
        let masked = quoted(&address::masked(&digest.recipient.email), 80);
        return fail(format!("recipient.email is not one plain address (name@domain): {masked:?}"));
    }
    if !is_region(&digest.region) {
        return fail(format!("region is {:?}, which is no region such as eu-central-1", quoted(&digest.region, 40)));
    }
    for entry in &digest.entries {
        check_encrypted(digest.recipient.role, entry).map_err(|why| InvalidDigest { why })?;
    }
    let names = digest.entries.iter().filter_map(|entry| Some((&entry.user, entry.secret_name.as_deref()?)));
    for (user, name) in names {
        let own = secret_name(&digest.account.id, user);
        if name != own {
            let name = quoted(name, 80);
            return fail(format!("the secret_name of user {user} is {name:?}, and that user's secret is {own}"));
        }
    }
    for entry in &digest.entries {
        check_arn(digest, entry).map_err(|why| InvalidDigest { why })?;
    }
    Ok(())
}

/// The ARN ends up in a command: it is of that user's secret, in the digest's partition and region.
fn check_arn(digest: &Digest, entry: &DigestEntry) -> Result<(), String> {
    let Some(arn) = &entry.secret_arn else { return Ok(()) };
    let own = secret_name(&digest.account.id, &entry.user);
    let (partition, region) = (&digest.account.partition, &digest.region);
    let rest =
        arn.strip_prefix(&format!("arn:{partition}:secretsmanager:{region}:")).and_then(|rest| rest.split_once(':'));
    let suffix = rest.and_then(|(_, rest)| rest.strip_prefix(&format!("secret:{own}-")));
    let is_account = rest.is_some_and(|(hub, _)| hub.parse::<AccountId>().is_ok());
    let is_suffix = suffix.is_some_and(|text| text.len() == 6 && text.chars().all(|c| c.is_ascii_alphanumeric()));
    if entry.secret_name.is_some() && is_account && is_suffix {
        return Ok(());
    }
    let user = &entry.user;
    Err(format!(
        "the secret_arn of user {user} is {:?}, which is not the ARN of secret {own} in {region}",
        quoted(arn, 160)
    ))
}

/// Only what age made goes out, and to the key's owner alone.
fn check_encrypted(role: RecipientRole, entry: &DigestEntry) -> Result<(), String> {
    let Some(encrypted) = &entry.encrypted_pair else { return Ok(()) };
    let user = &entry.user;
    if role != RecipientRole::KeyOwner || entry.replacement.is_none() {
        return Err(format!(
            "the entry of user {user} has an encrypted_pair, which only a key owner is sent, with a new key"
        ));
    }
    if !is_armour(encrypted) {
        return Err(format!("the encrypted_pair of user {user} is no age file in ASCII armour"));
    }
    Ok(())
}

/// Whether the text is an age file in ASCII armour (age specification, "ASCII armor") of a length that a pair can have.
fn is_armour(text: &str) -> bool {
    let body = text.trim_end().strip_prefix("-----BEGIN AGE ENCRYPTED FILE-----\n");
    let body = body.and_then(|rest| rest.strip_suffix("\n-----END AGE ENCRYPTED FILE-----"));
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=\n".contains(c);
    // Each age file begins so; the rest cannot be told from chance.
    let begins = |body: &str| body.starts_with("YWdlLWVuY3J5cHRpb24ub3JnL3Yx");
    text.len() <= LONGEST_ENCRYPTED && body.is_some_and(|body| begins(body) && body.chars().all(is_base64))
}

fn is_region(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
