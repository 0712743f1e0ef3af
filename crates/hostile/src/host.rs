//! What hosts have and say: their files, their acknowledgements, and the parameter that they read.

use keywheel_agent::Pair;
use keywheel_agent::file::{Key, Kind, key, with_key};
use keywheel_core::acknowledgement::{Acknowledgement, Place};
use keywheel_core::parameter::{ParameterContent, ParameterLayout, ParameterValue};

use crate::promise::{HALF, comes_back, one_clear_line, without_half};

/// A `credentials` or `config` file that the agent edits.
pub fn credentials_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let new = Pair::of("AKIANEW0000000000001", "new/half/with+signs==new").expect("a pair");
    for kind in [Kind::Credentials, Kind::Config] {
        for profile in ["default", "work"] {
            match key(text, kind, profile) {
                Ok(found) => goes_in_and_out(text, kind, profile, &found, &new),
                Err(error) => {
                    one_clear_line(&error);
                    assert!(with_key(text, kind, profile, &new).is_err(), "what cannot be read was edited");
                }
            }
        }
    }
}

/// The new key takes the old one's place, and back: nothing else changes.
fn goes_in_and_out(text: &str, kind: Kind, profile: &str, found: &Key, new: &Pair) {
    without_half(&format!("{found:?}"));
    let edited = match with_key(text, kind, profile, new) {
        Ok(edited) => edited,
        Err(error) => return one_clear_line(&error),
    };
    assert!(key(&edited, kind, profile).is_ok_and(|read| read.pair.is(new)), "the new key is not what is read");
    let back = with_key(&edited, kind, profile, &found.pair).expect("the old key goes back where it stood");
    assert_eq!(back, text, "something besides the key changed");
}

/// An object at a place where a host acknowledges: the first line is the place, and the rest what is there.
pub fn acknowledgement(bytes: &[u8]) {
    let (first, rest) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len()));
    let Ok(name) = std::str::from_utf8(first) else { return };
    let Some(place) = Place::parse(name) else { return };
    assert_eq!(place.key(), name, "the place is another one");
    match Acknowledgement::parse(rest, &place) {
        Ok(said) => {
            assert_eq!(said.place(), place, "it speaks for somebody else");
            comes_back(&said);
        }
        Err(error) => one_clear_line(&error),
    }
}

/// The text of a parameter.
pub fn parameter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(content) = ParameterContent::parse(text) else { return };
    let shown = format!("{content:?}");
    assert!(!shown.contains(HALF), "a secret half is shown");
    let (account, user) = ("111122223333".parse().expect("an account"), "alice".parse().expect("a user"));
    let created = jiff::Timestamp::UNIX_EPOCH;
    let new = content.new.made_at(created);
    for layout in [ParameterLayout::NewOld, ParameterLayout::Json] {
        let written =
            ParameterValue::of(layout, &account, &user, &new, content.old.as_ref()).expect("it can be written");
        let again = ParameterContent::parse(written.expose()).expect("what was written can be read");
        assert!(again.new.is(&new), "another pair comes back");
        let old = again.old.zip(content.old.as_ref());
        assert!(old.is_none_or(|(again, old)| again.is(&old.made_at(created))), "another old pair comes back");
    }
}
