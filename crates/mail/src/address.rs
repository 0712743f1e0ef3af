//! E-mail addresses: which are accepted, and how they are shown where they must not be shown whole.

/// The longest address that mail servers accept (RFC 5321, 4.5.3.1.3: a path of 256 characters with its brackets).
const LONGEST: usize = 254;

/// Whether the text is one plain address (`name@domain`): no display name, no list, nothing that could start another header. Whether
/// anybody reads mail there is for the mailer to find out.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !",;:<>()[]\"\\".contains(c);
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let good_domain = !domain.is_empty() && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    text.len() <= LONGEST && !local.is_empty() && !local.contains('@') && text.chars().all(plain) && good_domain
}

/// An address as logs and records may hold it: `o***@example.com`.
#[must_use]
pub fn masked(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", local.chars().take(1).collect::<String>()),
        None => "***".to_owned(),
    }
}

/// The text with every address in it masked: mailers like to repeat addresses in their refusals.
#[must_use]
pub fn mask_all(text: &str) -> String {
    let separates = |c: char| c.is_whitespace() || ",;:<>()[]\"'`".contains(c);
    let words = text.split_inclusive(separates).map(|word| {
        let bare = word.trim_end_matches(separates);
        let separator = &word[bare.len()..];
        if bare.contains('@') { format!("{}{separator}", masked(bare)) } else { word.to_owned() }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_accepted() {
        for address in ["owner@example.com", "first.last+aws@sub.example.co.uk", "o'neil_1@example.com"] {
            assert!(is_plain(address), "{address}");
        }
    }

    #[test]
    fn lists_headers_and_display_names_are_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for address in [
            "",
            "owner",
            "@example.com",
            "owner@",
            "a@b@example.com",
            "a@example.com,b@example.com",
            "Owner <owner@example.com>",
            "owner@example.com\r\nBcc: x@example.com",
            "owner @example.com",
            "owner@exa\u{202e}mple.com",
            long.as_str(),
        ] {
            assert!(!is_plain(address), "{address:?}");
        }
    }

    #[test]
    fn a_mask_keeps_the_first_letter_and_the_domain() {
        assert_eq!(masked("owner@example.com"), "o***@example.com");
        assert_eq!(masked("nobody"), "***");
    }

    #[test]
    fn every_address_in_a_refusal_is_masked() {
        let refusal = "Email address is not verified: owner@example.com, <bob@example.org>.";
        assert_eq!(mask_all(refusal), "Email address is not verified: o***@example.com, <b***@example.org>.");
    }
}
