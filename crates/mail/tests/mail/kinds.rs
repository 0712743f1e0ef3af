//! Every mail, in every state that it can have.

use keywheel_core::contract::digest::{Digest, DigestEntry};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_mail::words::Section;
use keywheel_mail::{MailKind, Rendered};
use scraper::{Html, Selector};

use crate::digest::hostile;
use crate::support::{context, digest, every_kind, keep, planned, rendered, rotated};

/// What goes into the mail of this kind.
pub(crate) fn entries(kind: MailKind) -> Vec<DigestEntry> {
    match kind {
        MailKind::Audit => planned(),
        MailKind::Digest => every_kind(),
        _ => every_kind().into_iter().filter(|entry| MailKind::of_section(Section::of(entry)) == kind).collect(),
    }
}

pub(crate) fn mode(kind: MailKind) -> Mode {
    if kind == MailKind::Audit { Mode::Audit } else { Mode::Enforce }
}

/// The mail about all of its entries, and one about each of them alone.
fn digests(kind: MailKind) -> Vec<(String, Digest)> {
    let all = entries(kind);
    let alone = all.iter().map(|entry| {
        let name = format!("{}-{}-{}", kind.folder(), entry.step.as_str(), entry.reason.code());
        (name, digest(mode(kind), vec![entry.clone()]))
    });
    let alone: Vec<_> = if kind == MailKind::Digest { Vec::new() } else { alone.collect() };
    let mut mails = [vec![(kind.folder().to_owned(), digest(mode(kind), all))], alone].concat();
    mails.dedup_by(|later, earlier| later.0 == earlier.0);
    mails
}

fn every_mail() -> Vec<(String, Digest, Rendered)> {
    let digests = MailKind::ALL.iter().flat_map(|kind| digests(*kind));
    digests.map(|(name, digest)| (name, rendered(&digest), digest)).map(|(n, r, d)| (n, d, r)).collect()
}

#[test]
fn every_mail_is_as_it_was_when_somebody_last_read_it() {
    for (name, _, mail) in every_mail() {
        insta::assert_snapshot!(format!("{name}_text"), format!("Subject: {}\n\n{}", mail.subject, mail.text));
        insta::assert_snapshot!(format!("{name}_html"), mail.html);
        keep(&name, &mail);
    }
    keep("extreme-hostile", &rendered(&hostile()));
    keep("extreme-right-to-left", &rendered(&right_to_left()));
    keep("extreme-200", &rendered(&many(200)));
    keep("extreme-1000", &rendered(&many(1000)));
}

#[test]
fn entries_of_one_kind_are_told_in_the_mail_of_that_kind() {
    for kind in MailKind::ALL {
        assert!(!entries(*kind).is_empty(), "{kind:?}");
        for (name, digest) in digests(*kind) {
            assert_eq!(context(&digest).mail, *kind, "{name}");
        }
    }
}

/// Each sample is what templates see of the mail about all of its entries; `UPDATE_SAMPLE=1` writes them anew.
#[test]
fn the_samples_are_what_templates_see() {
    for kind in MailKind::ALL {
        let json = serde_json::to_string_pretty(&context(&digest(mode(*kind), entries(*kind)))).unwrap() + "\n";
        let file = format!("{}/../../templates/{}/sample.json", env!("CARGO_MANIFEST_DIR"), kind.folder());
        if std::env::var_os("UPDATE_SAMPLE").is_some() {
            std::fs::write(&file, &json).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), json, "run UPDATE_SAMPLE=1 cargo test -p keywheel-mail");
    }
}

#[test]
fn the_first_screen_says_who_what_by_when_and_how() {
    for (name, digest, mail) in every_mail() {
        let first: String = mail.text.lines().take(45).collect::<Vec<_>>().join("\n");
        assert!(first.contains("payments (111122223333)"), "{name}");
        let [what, todo, how] = ["What happened:", "What to do:", "\n== "].map(|part| first.find(part));
        assert!(what.is_some() && what < todo && todo < how, "{name}: {first}");
        if let [entry] = digest.entries.as_slice() {
            assert!(first.contains(entry.user.as_str()), "{name}");
            let context = context(&digest);
            let seen = &context.sections[0].groups[0].entries[0];
            let is_new =
                entry.step == StepKind::Create && entry.status != keywheel_core::contract::result::StepStatus::Failed;
            assert!(!is_new || digest.mode == Mode::Audit || seen.secret_command.is_some(), "{name}");
            for command in [&seen.secret_command, &seen.restore_command].into_iter().flatten() {
                assert_eq!(mail.text.matches(command.as_str()).count(), 1, "{name}: {}", mail.text);
            }
        }
    }
}

#[test]
fn html_is_read_without_an_error_and_has_one_heading_and_named_table_columns() {
    let select = |html: &Html, what: &str| html.select(&Selector::parse(what).unwrap()).count();
    for (name, _, mail) in every_mail() {
        let html = Html::parse_document(&mail.html);
        assert_eq!(html.errors, Vec::<String>::new(), "{name}");
        assert_eq!((select(&html, "h1"), select(&html, "title")), (1, 1), "{name}");
        assert_eq!(select(&html, "html[lang=en][dir=ltr] body > div[lang=en][dir=ltr][role=article]"), 1, "{name}");
        let data = "table:not([role=presentation])";
        assert_eq!(select(&html, &format!("{data} th:not([scope])")), 0, "{name}");
        let (tables, named) = (select(&html, data), select(&html, &format!("{data} tr:first-child > th:first-child")));
        assert!(tables > 0 && tables == named, "{name}: {tables} tables, {named} of them with headings");
        for loads in ["img", "a", "link", "script", "iframe", "form", "object", "video"] {
            assert_eq!(select(&html, loads), 0, "{name}: {loads}");
        }
    }
}

#[test]
fn no_mail_holds_anything_shaped_like_a_secret_half_or_a_link() {
    for (name, _, mail) in every_mail() {
        for part in [&mail.subject, &mail.text, &mail.html] {
            let words = part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/' || c == '+'));
            assert_eq!(words.filter(|word| word.len() == 40).collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
            assert!(!part.contains("://") && !part.contains("SecretAccessKey"), "{name}");
        }
        assert!(!mail.subject.contains(['\r', '\n']) && mail.subject.chars().count() <= 200, "{name}");
    }
}

#[test]
fn a_restore_command_is_never_in_a_mail_about_a_leaked_or_a_deleted_key() {
    for kind in [MailKind::Emergency, MailKind::Deleted, MailKind::Audit] {
        for (name, digest) in digests(kind) {
            assert!(!rendered(&digest).text.contains("--status Active"), "{name}");
        }
    }
}

/// A digest about so many new keys.
pub(crate) fn many(count: u32) -> Digest {
    let entries = (0..count).map(|number| rotated(number, &format!("service-account-{number:04}")));
    digest(Mode::Enforce, entries.collect())
}

#[test]
fn a_mail_about_1000_keys_says_first_what_to_do_and_leaves_no_key_out() {
    let mail = rendered(&many(1000));
    assert!(mail.html.len() < 500_000, "{} bytes", mail.html.len());
    let first = mail.html.find("1000 keys need action by 4 December 2026");
    assert!(first < mail.html.find("service-account-0003") && first.is_some());
    for entry in &many(1000).entries {
        let key = entry.access_key_id.as_ref().unwrap().as_str();
        assert!(mail.html.contains(key) && mail.text.contains(key), "{key}");
    }
}

/// Names and instructions in scripts of both directions. IAM takes no such user names.
fn right_to_left() -> Digest {
    let entry = DigestEntry {
        instructions: vec!["הפעל מחדש (cron) 3".to_owned(), "بعد 5 أيام".to_owned()],
        ..rotated(1, "alice")
    };
    let mut digest = digest(Mode::Enforce, vec![entry]);
    "תשלומים 支払い".clone_into(&mut digest.account.name);
    digest
}

#[test]
fn a_name_that_runs_from_right_to_left_keeps_its_direction_to_itself() {
    let mail = rendered(&right_to_left());
    let named = "\u{2068}תשלומים 支払い\u{2069} (111122223333)";
    assert!(mail.subject.starts_with(&format!("[AWS keys] {named}: ")), "{}", mail.subject);
    assert!(mail.text.contains(named));
    assert!(mail.html.contains("<bdi>תשלומים 支払い</bdi> (111122223333)"));
    assert!(mail.html.contains("<bdi>הפעל מחדש (cron) 3</bdi>"));
    assert!(!rendered(&many(1)).subject.contains('\u{2068}'));
}
