//! E-mail addresses: which are accepted.

/// The longest address that mail servers accept (RFC 5321, 4.5.3.1.3: a path of 256 characters with its brackets).
const LONGEST: usize = 254;

/// Whether the text is one plain address (`name@domain`): no display name, no list, nothing that could start another header, and
/// nothing that some mail servers take for another address: a route (`name%elsewhere@domain`, `elsewhere!name@domain`), or an encoded
/// word (`=?…?=`, RFC 2047). ASCII only, as SES has it (SES developer guide, "Email format"). Whether anybody reads mail there is for
/// the mailer to find out.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !",;:<>()[]\"\\%!?".contains(c);
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let good_domain = !domain.is_empty() && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    text.len() <= LONGEST && !local.is_empty() && !local.contains('@') && text.chars().all(plain) && good_domain
}

/// Whether a tag may direct mail to this address: a plain one in one of the domains, or in any where none is named.
#[must_use]
pub fn is_within(text: &str, domains: &[String]) -> bool {
    let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
    is_plain(text) && (domains.is_empty() || domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain)))
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
            "own\u{200b}er@example.com",
            "owner@ex\u{430}mple.com",
            "mallory%evil.com@example.com",
            "evil.com!mallory@example.com",
            "=?utf-8?q?mallory=40evil.com=3e?=@example.com",
            long.as_str(),
        ] {
            assert!(!is_plain(address), "{address:?}");
        }
    }

    #[test]
    fn a_tag_directs_mail_only_into_the_named_domains() {
        let domains = ["example.com".to_owned()];
        assert!(is_within("owner@EXAMPLE.com", &domains));
        assert!(is_within("owner@example.org", &[]));
        for address in
            ["owner@example.org", "owner@sub.example.com", "a@evil.org@example.com", "owner@example.com, b@x.org"]
        {
            assert!(!is_within(address, &domains), "{address}");
        }
    }
}
