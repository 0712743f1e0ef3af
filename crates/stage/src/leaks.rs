//! Searches everything that a run wrote, for every secret half and session token that the emulator ever issued.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::Context;

use crate::admin::IssuedCredential;
use crate::stage::Stage;

/// Shorter texts than this are no secret halves; a search for them would find anything.
const SHORTEST: usize = 20;
/// The shortest form is base64 without the digits at both ends.
const BEGINNING: usize = 12;

/// A text that must hold no secret, and where it stands.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where it stands.
    pub place: String,
    /// The text.
    pub text: String,
}

/// Every secret half and session token, in every form in which a text might hold it.
pub struct Searched {
    names: Vec<String>,
    /// Whether any form begins with three bytes, by their number: nearly all places in a text are passed over for it.
    begun: Vec<bool>,
    /// The forms by their first bytes, so that a text is gone through once for all of them.
    forms: HashMap<[u8; BEGINNING], Vec<(usize, Vec<u8>)>>,
}

impl Searched {
    /// What the emulator has issued so far.
    #[must_use]
    pub fn new(issued: &[IssuedCredential]) -> Self {
        let halves = issued.iter().map(|one| (one.access_key_id.clone(), &one.secret_access_key));
        let tokens = issued
            .iter()
            .filter_map(|one| Some((format!("session {}", one.access_key_id), one.session_token.as_ref()?)));
        let mut searched = Self { names: Vec::new(), begun: vec![false; 1 << 24], forms: HashMap::new() };
        for (name, secret) in halves.chain(tokens).filter(|(_, secret)| secret.len() >= SHORTEST) {
            for form in forms(secret).into_iter().map(String::into_bytes) {
                if let Some(beginning) = form.first_chunk() {
                    searched.begun[three(beginning)] = true;
                    searched.forms.entry(*beginning).or_default().push((searched.names.len(), form));
                }
            }
            searched.names.push(name);
        }
        searched
    }

    /// How many secrets are searched for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is nothing to search for, so that a search would say nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Where any of them stands; the secret itself is not repeated.
    #[must_use]
    pub fn find(&self, written: &[Written]) -> Vec<String> {
        let mut found = BTreeSet::new();
        for one in written {
            let text = one.text.as_bytes();
            let names = self.found_in(text).chain(self.found_in(&unescaped(text))).collect::<BTreeSet<_>>();
            found.extend(names.into_iter().map(|name| format!("{} holds the secret of {name}", one.place)));
        }
        found.into_iter().collect()
    }

    fn found_in<'a, 't>(&'a self, text: &'t [u8]) -> impl Iterator<Item = &'a str> + use<'a, 't> {
        let begun = (0..text.len()).filter_map(|start| {
            let beginning = text[start..].first_chunk::<BEGINNING>()?;
            let forms = if self.begun[three(beginning)] { self.forms.get(beginning) } else { None };
            Some((start, forms?))
        });
        let whole =
            begun.flat_map(move |(start, forms)| forms.iter().filter(move |(_, form)| text[start..].starts_with(form)));
        whole.map(|(name, _)| self.names[*name].as_str())
    }
}

/// The number of the first three bytes.
fn three(beginning: &[u8; BEGINNING]) -> usize {
    let [first, second, third, ..] = *beginning;
    usize::from(first) << 16 | usize::from(second) << 8 | usize::from(third)
}

/// Everything that was written on the stage: logs, events and answers, mails, every object in the state bucket, every file below a folder.
///
/// # Errors
/// When something cannot be read.
pub async fn everything_written(stage: &Stage, folder: &Path) -> anyhow::Result<Vec<Written>> {
    let mut written = Vec::new();
    for line in stage.admin.function_log().await? {
        written.push(Written { place: format!("the log of {}", line.function), text: line.line });
    }
    for call in stage.admin.function_calls().await? {
        written.push(Written { place: format!("an event for {}", call.function), text: call.event.to_string() });
        written.push(Written { place: format!("an answer of {}", call.function), text: call.answer.to_string() });
    }
    for mail in stage.admin.mails().await? {
        let place = format!("the mail to {:?}", mail.to);
        let parts =
            [mail.content.to_string(), mail.subject().to_owned(), mail.text().to_owned(), mail.html().to_owned()];
        let files = mail.attachments()?.into_iter().map(|(_, text)| text);
        written.extend(parts.into_iter().chain(files).map(|text| Written { place: place.clone(), text }));
    }
    let objects = stage.state.texts("").await?;
    written.extend(objects.into_iter().map(|(place, text)| Written { place, text }));
    let callers: BTreeSet<_> = stage.admin.calls().await?.into_iter().filter_map(|call| call.principal).collect();
    written.extend(callers.into_iter().map(|text| Written { place: "a caller's name".to_owned(), text }));
    files(folder, &mut written)?;
    Ok(written)
}

fn files(folder: &Path, written: &mut Vec<Written>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, written)?;
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            written.push(Written { place: path.display().to_string(), text });
        }
    }
    Ok(())
}

/// The secret as it is, as bytes in hexadecimal and decimal numbers, and inside of base64 at each of its three offsets.
fn forms(secret: &str) -> Vec<String> {
    let decimal: Vec<_> = secret.bytes().map(|byte| byte.to_string()).collect();
    let hexadecimal = secret.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let mut forms = vec![secret.to_owned(), decimal.join(", "), hexadecimal.to_uppercase(), hexadecimal];
    for offset in 0..3 {
        let standard = inside_base64(secret.as_bytes(), offset);
        forms.push(standard.replace('+', "-").replace('/', "_"));
        forms.push(standard);
    }
    forms.sort();
    forms.dedup();
    forms
}

/// What stands before and after the number of a byte in URLs, JSON and HTML, and the number's base. Two digits are enough for all that may be in a secret and is escaped.
const ESCAPES: [(&[u8], u32, &[u8]); 4] = [(b"%", 16, b""), (b"\\u00", 16, b""), (b"&#x", 16, b";"), (b"&#", 10, b";")];

/// The text without the escapes of URLs, JSON and HTML; of JSON in JSON too, as all other backslashes are left out.
fn unescaped(mut text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    while let [first, rest @ ..] = text {
        let found = if matches!(first, b'%' | b'\\' | b'&') { escape(text) } else { None };
        match found {
            Some((byte, _)) => plain.push(byte),
            None if *first != b'\\' => plain.push(*first),
            None => {}
        }
        text = found.map_or(rest, |(_, rest)| rest);
    }
    plain
}

/// The byte for which an escape at the beginning of the text stands, and what follows.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    ESCAPES.iter().find_map(|(before, base, after)| {
        let (digits, rest) = text.strip_prefix(*before)?.split_at_checked(2)?;
        let byte = u8::from_str_radix(str::from_utf8(digits).ok()?, *base).ok()?;
        Some((byte, rest.strip_prefix(*after)?))
    })
}

/// The digits of base64 that stand for these bytes alone when `offset` other bytes, modulo three, come before them.
fn inside_base64(bytes: &[u8], offset: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = &bytes[(3 - offset) % 3..];
    let digits = whole.chunks_exact(3).flat_map(|three| {
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(number >> shift & 63) as usize]))
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn found_in(text: &str) -> bool {
        let issued = [IssuedCredential {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: SECRET.to_owned(),
            session_token: None,
        }];
        let written = [Written { place: "here".to_owned(), text: text.to_owned() }];
        !Searched::new(&issued).find(&written).is_empty()
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let forms = [
            "key=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY;",
            // JSON, JSON in JSON, and JSON that is made safe for HTML
            r#""key\": \"wJalrXUtnFEMI\/K7MDENG+bPxRfiCYEXAMPLEKEY\""#,
            r#""key\\\": \\\"wJalrXUtnFEMI\\\/K7MDENG+bPxRfiCYEXAMPLEKEY\\\""#,
            r"wJalrXUtnFEMI\u002FK7MDENG\u002bbPxRfiCYEXAMPLEKEY",
            // URLs
            "?s=wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCYEXAMPLEKEY&",
            "?s=wJalrXUtnFEMI%2fK7MDENG%2bbPxRfiCYEXAMPLEKEY&",
            "?s=wJalrXUtnFEMI/K7MDENG%2BbPxRfiCYEXAMPLEKEY&",
            // HTML
            "<b>wJalrXUtnFEMI&#x2F;K7MDENG+bPxRfiCYEXAMPLEKEY</b>",
            "<b>wJalrXUtnFEMI&#47;K7MDENG&#43;bPxRfiCYEXAMPLEKEY</b>",
            // printf '%s' SECRET | xxd -p
            "774a616c725855746e46454d492f4b374d44454e472b62507852666943594558414d504c454b4559",
            // printf '%s' SECRET | base64; printf 'a%s' SECRET | base64; printf 'ab%s' SECRET | base64
            "d0phbHJYVXRuRkVNSS9LN01ERU5HK2JQeFJmaUNZRVhBTVBMRUtFWQ==",
            "YXdKYWxyWFV0bkZFTUkvSzdNREVORytiUHhSZmlDWUVYQU1QTEVLRVk=",
            "YWJ3SmFsclhVdG5GRU1JL0s3TURFTkcrYlB4UmZpQ1lFWEFNUExFS0VZ",
        ];
        for form in forms {
            assert!(found_in(form), "{form}");
        }
        assert!(found_in(&format!("{:?}", SECRET.as_bytes())));
    }

    #[test]
    fn another_text_is_not_taken_for_a_secret() {
        assert!(!found_in("wJalrXUtnFEMI"));
        assert!(!found_in("AKIAIOSFODNN7EXAMPLE"));
        assert!(!found_in("%, %zz, \\u00zz, &#x;, &#12, 100 %"));
    }
}
