//! What a digest's mail says.

use crate::support::{at, context, digest, entry, every_kind, key, planned, rendered, rotated};
use keywheel_core::contract::digest::{Digest, DigestEntry, RecipientRole};
use keywheel_core::contract::result::StepStatus::{Done, Failed};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_mail::MailKind;
use keywheel_mail::words::Section;

fn subject_and_text(digest: &Digest) -> String {
    let mail = rendered(digest);
    format!("Subject: {}\n\n{}", mail.subject, mail.text)
}

fn about(entry: DigestEntry) -> Digest {
    digest(Mode::Enforce, vec![entry])
}

#[test]
fn a_digest_of_one_new_key_reads_like_a_mail_about_it() {
    let mut digest = about(rotated(1, "alice"));
    digest.recipient.role = RecipientRole::KeyOwner;
    insta::assert_snapshot!("rotated_text", subject_and_text(&digest));
    insta::assert_snapshot!("rotated_html", rendered(&digest).html);
}

/// A digest in which every text that a stranger can set is an attack.
pub(crate) fn hostile() -> Digest {
    let mut attacked = about(DigestEntry {
        instructions: vec![
            "first\r\nBcc: everybody@example.com\r\n\r\n<img src=x onerror=alert(1)>".to_owned(),
            "{{ 7*191 }} {% include 'x' %}\u{202e}txt.exe".to_owned(),
        ],
        detail: Some("\u{1b}[2J<script>alert(1)</script>\u{2028}wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        last_used: Some(keywheel_core::observed::KeyUse {
            at: at("2026-11-19T00:00:00Z"),
            service: "<b>s3</b>\n".to_owned(),
            region: "\"><i>".to_owned(),
        }),
        ..rotated(1, "=cmd,@example.com+")
    });
    attacked.account.name = "<script>alert(1)</script>{{ 7*191 }}\r\nBcc: x@example.com".into();
    attacked
}

#[test]
fn hostile_names_and_tags_are_shown_as_they_are_and_do_nothing() {
    insta::assert_snapshot!("hostile_text", subject_and_text(&hostile()));
    insta::assert_snapshot!("hostile_html", rendered(&hostile()).html);
}

#[test]
fn no_part_of_a_hostile_mail_has_markup_or_breaks_of_strangers() {
    let mail = rendered(&hostile());
    assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    for tag in ["<script", "<img", "<b>", "<i>"] {
        assert!(!mail.html.contains(tag), "{tag} in HTML");
    }
    assert!(mail.html.contains("&lt;script&gt;") && mail.text.contains("<script>"));
    for part in [&mail.subject, &mail.text, &mail.html] {
        assert!(part.contains("{{ 7*191 }}") && !part.contains("1337"), "{part}");
        assert!(!part.lines().any(|line| line.starts_with("Bcc:")), "{part}");
        let forbidden =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{2028}';
        assert!(!part.contains(forbidden), "{part}");
    }
}

#[test]
fn an_account_name_as_long_as_may_be_leaves_room_for_the_message() {
    let mut digest = about(rotated(1, &"u".repeat(64)));
    digest.account.name = "n".repeat(400);
    let subject = rendered(&digest).subject;
    assert!(subject.chars().count() <= 200, "{subject}");
    assert!(subject.contains("111122223333") && subject.ends_with("by 4 December 2026"), "{subject}");
}

#[test]
fn an_account_without_a_name_goes_by_its_id() {
    let mut digest = about(rotated(1, "alice"));
    digest.account.name = " \n".to_owned();
    assert_eq!(rendered(&digest).subject, "[AWS keys] 111122223333: install the new key of alice by 4 December 2026");
}

/// Words of 40 characters as secret halves are made of, wherever they stand.
fn secret_like(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/' || c == '+'));
    words.filter(|word| word.len() == 40).collect()
}

#[test]
fn no_mail_holds_anything_shaped_like_a_secret_half() {
    assert_eq!(secret_like("(wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY)").len(), 1);
    for digest in [digest(Mode::Enforce, every_kind()), digest(Mode::Audit, planned()), hostile()] {
        let mail = rendered(&digest);
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert_eq!(secret_like(part), Vec::<&str>::new());
        }
    }
}

#[test]
fn a_mail_about_200_keys_is_complete_and_not_cut_by_mail_programs() {
    let entries: Vec<_> = (0..200).map(|number| rotated(number, &format!("service-account-{number:04}"))).collect();
    let mail = rendered(&digest(Mode::Enforce, entries.clone()));
    assert!(mail.html.len() < 102_000, "{} bytes", mail.html.len());
    for entry in &entries {
        let key = entry.access_key_id.as_ref().unwrap().as_str();
        let secret = entry.secret_name.as_deref().unwrap();
        for part in [&mail.text, &mail.html] {
            assert!(part.contains(key) && part.contains(secret), "{key}");
        }
    }
    assert!(mail.subject.contains("200 keys need action by 4 December 2026"), "{}", mail.subject);
}

#[test]
fn no_tags_can_make_a_mail_too_long_to_be_sent() {
    let full_tags = vec!["\"<'&>\"".repeat(36); 50];
    let entries = (0..200).map(|number| DigestEntry {
        instructions: full_tags.clone(),
        detail: Some("\"".repeat(5000)),
        ..rotated(number, &format!("{number:064}"))
    });
    let mail = rendered(&digest(Mode::Enforce, entries.collect()));
    assert!(mail.text.contains("(45 more lines, in the user's tags)"));
    assert!(mail.html.len() < 4_000_000, "{} bytes", mail.html.len());
}

#[test]
fn both_parts_tell_of_every_entry_of_a_digest() {
    for digest in [digest(Mode::Enforce, every_kind()), digest(Mode::Audit, planned())] {
        let mail = rendered(&digest);
        for entry in &digest.entries {
            for part in [&mail.text, &mail.html] {
                assert!(part.contains(entry.user.as_str()), "{}", entry.user);
                assert!(entry.access_key_id.as_ref().is_none_or(|key| part.contains(key.as_str())), "{}", entry.user);
            }
        }
    }
}

#[test]
fn every_reason_in_every_step_and_status_can_be_mailed() {
    use StepKind::{Create, Deactivate, Delete, Hold, Publish, Reconcile, Retire, Rollback, Skip, Warn};
    use keywheel_core::contract::result::StepStatus::{Deferred, Planned};
    let steps = [Create, Publish, Deactivate, Delete, Retire, Hold, Warn, Reconcile, Rollback, Skip];
    for mode in [Mode::Audit, Mode::Enforce] {
        for (step, status) in
            steps.into_iter().flat_map(|step| [Done, Failed, Deferred, Planned].map(|status| (step, status)))
        {
            let entries =
                Reason::ALL.iter().zip(0..).map(|(reason, number)| entry(number, "alice", step, status, *reason));
            let mail = rendered(&digest(mode, entries.collect()));
            assert!(Reason::ALL.iter().zip(0..).all(|(_, number)| mail.text.contains(key(number).as_str())));
        }
    }
}

#[test]
fn an_audit_mail_never_says_that_something_was_done() {
    let mail = rendered(&digest(Mode::Audit, planned()));
    assert!(mail.subject.ends_with("what would change, nothing was changed"), "{}", mail.subject);
    for done in ["was made inactive.", "was deleted.", "was made for", "no longer works", "is in AWS Secrets Manager."]
    {
        assert!(!mail.text.contains(done), "{done}");
    }
}

#[test]
fn the_html_part_is_accessible_and_loads_nothing() {
    let html = rendered(&digest(Mode::Enforce, every_kind())).html;
    for needed in [
        "<html lang=\"en\" dir=\"ltr\">",
        "<title>",
        "name=\"viewport\"",
        "name=\"color-scheme\"",
        "scope=\"col\"",
        "scope=\"row\"",
    ] {
        assert!(html.contains(needed), "{needed}");
    }
    for forbidden in ["http", "<img", "<a ", "url(", "@import", "<script", "<link"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert_eq!(html.matches("<h1").count(), 1);
    assert_eq!(html.matches("<table").count(), html.matches("</table>").count());
}

#[test]
fn every_text_colour_stands_out_from_its_background() {
    // Text on background, light and dark, as in the style sheet of body.html; 4.5 is what WCAG 2.2 (1.4.3) asks for.
    let html = rendered(&about(rotated(1, "alice"))).html;
    for (text, background) in [
        ("#16191f", "#ffffff"),
        ("#16191f", "#eef4fb"),
        ("#16191f", "#f2f4f6"),
        ("#4a5160", "#ffffff"),
        ("#e9ecef", "#1b2027"),
        ("#e9ecef", "#182a3d"),
        ("#e9ecef", "#11151a"),
        ("#b4bcc6", "#1b2027"),
    ] {
        assert!(html.contains(text) && html.contains(background), "{text} on {background} is not in the style sheet");
        assert!(contrast(text, background) >= 4.5, "{text} on {background}: {}", contrast(text, background));
    }
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let part = |from: usize| {
        let value = f64::from(u8::from_str_radix(&colour[from..from + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn the_readme_of_the_templates_names_every_field_and_section() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");
    let readme = std::fs::read_to_string(format!("{folder}/README.md")).unwrap();
    let mut names = std::collections::BTreeSet::new();
    collect_names(&serde_json::to_value(context(&digest(Mode::Enforce, every_kind()))).unwrap(), &mut names);
    names.extend(Section::ALL.iter().map(|section| section.id().to_owned()));
    names.extend(MailKind::ALL.iter().map(|kind| kind.folder().to_owned()));
    assert!(names.len() > 60, "{names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

fn collect_names(value: &serde_json::Value, names: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                collect_names(value, names);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect_names(value, names)),
        _ => {}
    }
}

#[test]
fn the_subject_of_many_entries_says_what_matters_most() {
    let subject = |entries: Vec<DigestEntry>| rendered(&digest(Mode::Enforce, entries)).subject;
    let deleted = |number| entry(number, "alice", StepKind::Delete, Done, Reason::RecoveryGraceOver);
    let failed = |number| entry(number, "bob", StepKind::Deactivate, Failed, Reason::InstallGraceOver);
    let said = "[AWS keys] payments (111122223333): ";
    assert_eq!(subject(vec![deleted(1), deleted(2)]), format!("{said}news of 2 keys, nothing to do"));
    assert_eq!(subject(vec![deleted(1), failed(2)]), format!("{said}changes to 1 key failed"));
    let urgent = vec![deleted(1), failed(2), rotated(3, "carol")];
    assert_eq!(subject(urgent), format!("{said}1 key needs action by 4 December 2026"));
}

#[test]
fn a_day_that_has_come_is_no_day_to_do_something_by() {
    let held = |number, user| DigestEntry {
        due: Some(at("2026-11-19T02:00:00Z")),
        ..entry(number, user, StepKind::Hold, Done, Reason::NotTakenUp)
    };
    let mail = rendered(&digest(Mode::Enforce, vec![held(1, "alice"), held(2, "bob")]));
    assert!(mail.subject.ends_with(": 2 keys need action"), "{}", mail.subject);
    assert!(!mail.text.contains("By when"));
}
