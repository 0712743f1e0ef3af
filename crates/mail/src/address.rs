//! E-mail addresses, as they are shown where they must not be shown whole.

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
pub(crate) fn mask_all(text: &str) -> String {
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
