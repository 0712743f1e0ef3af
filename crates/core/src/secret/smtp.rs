use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// What the key is signed for, one after the other, after the Region; the date is part of the algorithm and no day.
const DATE: &str = "11111111";
const SERVICE_TO_MESSAGE: [&str; 3] = ["ses", "aws4_request", "SendRawEmail"];
const VERSION: u8 = 0x04;

/// The password with which a key logs in at SES's SMTP endpoint of a Region; the user name is the key's id.
///
/// The algorithm is AWS's: SES developer guide, "Obtaining Amazon SES SMTP credentials by converting existing AWS credentials".
#[must_use]
pub fn smtp_password(secret_half: &SecretString, region: &str) -> SecretString {
    let key = SecretString::from(format!("AWS4{}", secret_half.expose_secret()));
    let mut signed = signed(key.expose_secret().as_bytes(), DATE);
    for part in std::iter::once(region).chain(SERVICE_TO_MESSAGE) {
        signed = self::signed(&signed, part);
    }
    let versioned: Vec<u8> = std::iter::once(VERSION).chain(signed).collect();
    STANDARD.encode(versioned).into()
}

fn signed(key: &[u8], message: &str) -> [u8; 32] {
    // HMAC takes keys of every length (RFC 2104), so there is no other case.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Whether this may be a Region's name, such as `eu-central-1`.
#[must_use]
pub fn is_region(name: &str) -> bool {
    let mut parts = name.split('-').rev();
    let number =
        parts.next().is_some_and(|last| (1..=2).contains(&last.len()) && last.bytes().all(|c| c.is_ascii_digit()));
    let words: Vec<_> = parts.collect();
    let is_word = |word: &&str| (2..=12).contains(&word.len()) && word.bytes().all(|c| c.is_ascii_lowercase());
    number && (2..=4).contains(&words.len()) && words.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_those_of_aws() {
        for (region, half, password) in [
            ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
            ("eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
            ("us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
            ("us-west-1", "another+secret+key", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
        ] {
            assert_eq!(smtp_password(&half.to_owned().into(), region).expose_secret(), password, "{region} {half}");
        }
    }

    #[test]
    fn no_debug_output_shows_a_password() {
        let password = smtp_password(&"some+secret+key".to_owned().into(), "us-west-1");
        assert!(!format!("{password:?}").contains(password.expose_secret()));
    }

    #[test]
    fn regions_are_told_from_other_words() {
        for region in ["eu-central-1", "us-gov-west-1", "ap-southeast-5", "us-iso-east-1", "eusc-de-east-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in
            ["", "eu", "eu-central", "EU-CENTRAL-1", "eu-central-1a", "eu_central_1", "-1", "eu--1", "a-b-c-d-e-f-1"]
        {
            assert!(!is_region(other), "{other}");
        }
    }
}
