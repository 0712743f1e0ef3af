//! Attacks on every mail through every field that a stranger can set, and mails that are as long as may be.

use std::collections::BTreeMap;

use keywheel_core::contract::digest::{Digest, DigestEntry};
use keywheel_core::observed::KeyUse;
use keywheel_mail::{MailKind, Rendered};
use scraper::{Html, Selector};

use crate::kinds::{entries, mode};
use crate::support::{at, digest, key, rendered};

/// Markup, template tags, header lines, bidirectional overrides, and the secret half of AWS's own examples.
const ATTACKS: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</td></tr></table></div><a href=\"https://evil.example\">sign in</a>",
    "<!-- --!><style>*{display:none}</style>",
    "{{ 7*191 }}{% raw %}{{ get_env(name='PATH') }}",
    "x\r\nBcc: everybody@evil.example\r\n\r\n<h1>paid</h1>",
    "\u{202e}lanigiro\u{2066}\u{200b}\u{0}\u{1b}[2J",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "&lt;b&gt;&#60;b&#62;&amp;",
];

type Field = (&'static str, fn(&mut Digest, &str));

/// What a stranger can set, each with the way to set it: who names accounts, who tags users, and who calls services with a key.
const FIELDS: [Field; 5] = [
    ("account name", |digest, text| text.clone_into(&mut digest.account.name)),
    ("instructions", |digest, text| for_each(digest, |entry| entry.instructions = vec![text.to_owned(); 3])),
    ("detail", |digest, text| for_each(digest, |entry| entry.detail = Some(text.to_owned()))),
    ("service", |digest, text| for_each(digest, |entry| entry.last_used = Some(used(text, "eu-west-1")))),
    ("region of the use", |digest, text| for_each(digest, |entry| entry.last_used = Some(used("s3", text)))),
];

fn for_each(digest: &mut Digest, change: impl Fn(&mut DigestEntry)) {
    digest.entries.iter_mut().for_each(change);
}

fn used(service: &str, region: &str) -> KeyUse {
    KeyUse { at: at("2026-11-19T22:15:00Z"), service: service.to_owned(), region: region.to_owned() }
}

/// How often each element occurs, as browsers read it.
fn elements(mail: &Rendered) -> BTreeMap<String, usize> {
    let html = Html::parse_document(&mail.html);
    let mut counts = BTreeMap::new();
    for element in html.select(&Selector::parse("*").unwrap()) {
        let attributes: Vec<_> = element.value().attrs().map(|(name, _)| name).collect();
        *counts.entry(format!("{} {attributes:?}", element.value().name())).or_default() += 1;
    }
    counts
}

#[test]
fn no_field_of_a_stranger_adds_an_element_a_header_or_a_secret_to_any_mail() {
    for kind in MailKind::ALL {
        // One by one where there is everything, and in the other mails all at once.
        let fields: Vec<&[Field]> =
            if *kind == MailKind::Digest { FIELDS.chunks(1).collect() } else { vec![&FIELDS[..]] };
        for fields in fields {
            let with = |text: &str| {
                let mut attacked = digest(mode(*kind), entries(*kind));
                for (_, set) in fields {
                    set(&mut attacked, text);
                }
                rendered(&attacked)
            };
            let field = fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            let harmless = elements(&with("harmless"));
            for attack in ATTACKS {
                let mail = with(attack);
                let name = format!("{kind:?}, {field}: {attack:?}");
                let found = elements(&mail);
                let lines = attack.lines().filter(|line| !line.is_empty()).count();
                // Instructions of several lines have a line each.
                if !field.contains("instructions") || lines == 1 {
                    assert_eq!(found, harmless, "{name}");
                } else {
                    assert_eq!(found.keys().collect::<Vec<_>>(), harmless.keys().collect::<Vec<_>>(), "{name}");
                }
                assert!(!mail.subject.contains(|c: char| c.is_control()), "{name}: {:?}", mail.subject);
                for part in [&mail.subject, &mail.text, &mail.html] {
                    assert!(!part.lines().any(|line| line.trim_start().starts_with("Bcc:")), "{name}");
                    assert!(!part.contains("1337") && !part.contains("wJalrXUtnFEMI/K7MDENG"), "{name}");
                    let hidden = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{0}' | '\u{1b}');
                    assert!(!part.contains(hidden), "{name}");
                }
            }
        }
    }
}

/// A mail of this kind about so many keys.
fn long(kind: MailKind, count: usize) -> Digest {
    let all = entries(kind).into_iter().cycle().zip(0..).take(count);
    let numbered = all.map(|(entry, number)| DigestEntry {
        access_key_id: Some(key(number)),
        user: format!("service-account-{number:04}").parse().unwrap(),
        ..entry
    });
    digest(mode(kind), numbered.collect())
}

#[test]
fn no_mail_about_200_keys_is_cut_by_mail_programs_and_one_about_1000_leaves_none_out() {
    for kind in MailKind::ALL {
        let bytes = rendered(&long(*kind, 200)).html.len();
        assert!(bytes < 102_000, "{kind:?}: {bytes} bytes");
    }
    for kind in [MailKind::Digest, MailKind::Audit] {
        let mail = rendered(&long(kind, 1000));
        assert!(mail.html.len() < 600_000, "{kind:?}: {} bytes", mail.html.len());
        for number in 0..1000 {
            let key = key(number);
            assert!(mail.html.contains(key.as_str()) && mail.text.contains(key.as_str()), "{kind:?}: {key}");
        }
    }
}
