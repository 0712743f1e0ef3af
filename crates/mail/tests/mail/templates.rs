//! Which templates are used, and what becomes of broken ones.

use std::sync::atomic::Ordering;

use keywheel_core::policy::Mode;
use keywheel_mail::{DigestContext, Fallback, Rendered, Templates};

use crate::support::{SENDER, Shelf, digest, every_kind, planned, rotated};

const BODY: &str = "digest/body.html";

fn context() -> DigestContext {
    let digest = digest(Mode::Enforce, vec![rotated(1, "alice")]);
    DigestContext::new(&digest, &digest.entries.iter().collect::<Vec<_>>(), SENDER)
}

async fn render(templates: &Templates<&Shelf>) -> (Rendered, Option<Fallback>) {
    templates.render(&context()).await.unwrap()
}

/// Renders with a shelf on which this file was changed; the mail must be the embedded one, and the reason is returned.
async fn broken_by(name: &str, text: impl AsRef<[u8]>) -> String {
    let shelf = Shelf::sound();
    shelf.put(name, text);
    let templates = Templates::new(Some(&shelf)).unwrap();
    let (mail, fallback) = render(&templates).await;
    assert!(mail.subject.starts_with("[AWS keys]") && !mail.text.contains("Own") && !mail.html.contains("Own"));
    match fallback {
        Some(Fallback::Broken(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn templates_of_the_store_are_used_where_they_are_sound() {
    let shelf = Shelf::sound();
    let (mail, fallback) = render(&Templates::new(Some(&shelf)).unwrap()).await;
    assert_eq!(fallback, None);
    assert_eq!(mail.subject, "Own subject: install the new key of alice by 4 December 2026");
    assert_eq!(mail.html, "<p>Own HTML for payments (111122223333)</p>");
}

#[tokio::test]
async fn a_warm_function_asks_whether_templates_changed_and_fetches_only_those_that_did() {
    let shelf = Shelf::sound();
    let templates = Templates::new(Some(&shelf)).unwrap();
    for _ in 0..3 {
        render(&templates).await;
    }
    let counts = || (shelf.asked.load(Ordering::Relaxed), shelf.handed_out.load(Ordering::Relaxed));
    assert_eq!(counts(), (27, 3));
    shelf.put(BODY, "<p>Changed</p>");
    assert_eq!(render(&templates).await.0.html, "<p>Changed</p>");
    assert_eq!(counts(), (36, 4));
}

#[tokio::test]
async fn without_a_store_the_embedded_templates_are_no_fall_back() {
    let (mail, fallback) = render(&Templates::new(None).unwrap()).await;
    assert!(mail.subject.starts_with("[AWS keys]"));
    assert_eq!(fallback, None);
}

#[tokio::test]
async fn a_store_without_templates_is_a_fall_back_that_says_so() {
    let shelf = Shelf::default();
    let (mail, fallback) = render(&Templates::new(Some(&shelf)).unwrap()).await;
    assert!(mail.subject.starts_with("[AWS keys]"));
    assert_eq!(fallback, Some(Fallback::Missing));
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_a_fall_back_and_is_asked_again() {
    let shelf = Shelf::sound();
    shelf.unreadable.store(true, Ordering::Relaxed);
    let templates = Templates::new(Some(&shelf)).unwrap();
    let (_, fallback) = render(&templates).await;
    assert!(fallback.unwrap().to_string().contains("AccessDenied"));
    shelf.unreadable.store(false, Ordering::Relaxed);
    assert_eq!(render(&templates).await.1, None);
}

#[tokio::test]
async fn a_set_is_used_whole_or_not_at_all() {
    let shelf = Shelf::sound();
    shelf.remove("digest/body.txt");
    let templates = Templates::new(Some(&shelf)).unwrap();
    let (mail, fallback) = render(&templates).await;
    assert!(mail.subject.starts_with("[AWS keys]") && !mail.html.contains("Own"));
    assert!(fallback.unwrap().to_string().contains("body.txt is missing"));
}

#[tokio::test]
async fn a_broken_set_that_is_mended_is_used_again() {
    let shelf = Shelf::sound();
    shelf.put(BODY, "{{ oops");
    let templates = Templates::new(Some(&shelf)).unwrap();
    assert!(render(&templates).await.1.is_some());
    assert!(render(&templates).await.1.is_some(), "still broken, and still said so");
    shelf.put(BODY, "<p>Mended</p>");
    let (mail, fallback) = render(&templates).await;
    assert_eq!((mail.html.as_str(), fallback), ("<p>Mended</p>", None));
}

#[tokio::test]
async fn a_template_that_does_not_parse_is_broken() {
    assert!(!broken_by(BODY, "{% if %}").await.is_empty());
    assert!(!broken_by(BODY, "{{ headline | no_such_filter }}").await.is_empty());
    assert!(!broken_by(BODY, "{% include \"body.html\" %}").await.is_empty());
    assert!(broken_by(BODY, [0xff, 0xfe, b'<']).await.contains("not UTF-8"));
}

#[tokio::test]
async fn an_undefined_variable_is_an_error_wherever_it_stands() {
    assert!(broken_by(BODY, "{{ headlin }}").await.contains("headlin"));
    assert!(broken_by(BODY, "{% if headlin %}x{% endif %}").await.contains("headlin"));
    let nested = "{% for section in sections %}{{ section.titel }}{% endfor %}";
    assert!(broken_by(BODY, nested).await.contains("titel"));
}

#[tokio::test]
async fn a_template_that_writes_texts_unescaped_is_broken() {
    assert!(broken_by(BODY, "<p>{{ account.name | safe }}</p>").await.contains("without escaping"));
    let nested = "{% for s in sections %}{% for g in s.groups %}{% for e in g.entries %}{% for t in e.instructions %}{{ t | safe }}{% endfor %}{% endfor %}{% endfor %}{% endfor %}";
    assert!(broken_by(BODY, nested).await.contains("without escaping"));
    for case in ["single", "compact", "audit"] {
        let rare = format!("<p>{{% if {case} %}}{{{{ account.name | safe }}}}{{% endif %}}</p>");
        assert!(broken_by(BODY, rare).await.contains("without escaping"), "{case}");
    }
}

#[tokio::test]
async fn a_template_that_never_ends_or_says_nothing_is_broken() {
    let (begins, ends) = ("{% for s in sections %}".repeat(4), "{% endfor %}".repeat(4));
    let endless = format!("{begins}{{{{ headline }}}} and so on {}{ends}", "and on ".repeat(100));
    assert!(broken_by(BODY, endless).await.contains("longer than 4194304 bytes"));
    assert!(broken_by(BODY, "{% for n in range(end=2) %}x{% endfor %}").await.contains("range() is not for mails"));
    assert!(broken_by("digest/subject.txt", "{% if audit %}x{% endif %}").await.contains("comes out empty"));
}

#[tokio::test]
async fn a_template_that_fails_on_this_digest_alone_falls_back_for_it_alone() {
    // `throw` where the sample does not lead: the sample has no user of this name.
    let text = "{% for s in sections %}{% for g in s.groups %}{% for e in g.entries %}{% if e.user == \"zoe\" %}{{ throw(message=\"no\") }}{% endif %}{% endfor %}{% endfor %}{% endfor %}x";
    let shelf = Shelf::sound();
    shelf.put(BODY, text);
    let templates = Templates::new(Some(&shelf)).unwrap();
    assert_eq!(render(&templates).await.1, None);
    let digest = digest(Mode::Enforce, vec![rotated(1, "zoe")]);
    let context = DigestContext::new(&digest, &digest.entries.iter().collect::<Vec<_>>(), SENDER);
    let (mail, fallback) = templates.render(&context).await.unwrap();
    assert!(fallback.is_some() && mail.subject.starts_with("[AWS keys]"));
    assert_eq!(render(&templates).await.1, None);
}

#[tokio::test]
async fn the_shipped_templates_pass_the_check_for_those_of_the_store() {
    let shelf = Shelf::default();
    for name in ["subject.txt", "body.txt", "body.html"] {
        let file = format!("{}/../../templates/digest/{name}", env!("CARGO_MANIFEST_DIR"));
        shelf.put(&format!("digest/{name}"), std::fs::read(file).unwrap());
    }
    let templates = Templates::new(Some(&shelf)).unwrap();
    for digest in [digest(Mode::Enforce, every_kind()), digest(Mode::Audit, planned())] {
        let context = DigestContext::new(&digest, &digest.entries.iter().collect::<Vec<_>>(), SENDER);
        assert_eq!(templates.render(&context).await.unwrap().1, None);
    }
}

#[tokio::test]
async fn the_whole_context_holds_neither_address_nor_environment() {
    let shelf = Shelf::sound();
    shelf.put("digest/body.txt", "{{ __tera_context }}");
    let (mail, fallback) = render(&Templates::new(Some(&shelf)).unwrap()).await;
    assert_eq!(fallback, None);
    assert!(mail.text.contains("payments") && !mail.text.contains("owner@example.com"), "{}", mail.text);
    assert!(!broken_by(BODY, "{{ get_env(name=\"PATH\") }}").await.is_empty());
}
