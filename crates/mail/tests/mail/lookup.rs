//! From which folder of the bucket a mail is made, and templates of the AFT sample.

use keywheel_core::contract::digest::Digest;
use keywheel_core::policy::Mode;
use keywheel_mail::{Fallback, MailKind, Rendered, Templates};

use crate::digest::hostile;
use crate::support::{Shelf, context, digest, every_kind, planned, rotated};

const NAMES: [&str; 3] = ["subject.txt", "body.txt", "body.html"];

/// A folder as the repository has it.
fn shipped(shelf: &Shelf, folder: &str) {
    for name in NAMES {
        let file = format!("{}/../../templates/{folder}/{name}", env!("CARGO_MANIFEST_DIR"));
        shelf.put(&format!("{folder}/{name}"), std::fs::read(file).unwrap());
    }
}

/// Everything that Terraform uploads.
fn uploaded() -> Shelf {
    let shelf = Shelf::default();
    shipped(&shelf, "base");
    for kind in MailKind::ALL {
        shipped(&shelf, kind.folder());
    }
    shelf
}

fn own(shelf: &Shelf, folder: &str) {
    for name in NAMES {
        shelf.put(&format!("{folder}/{name}"), format!("Own {folder}: {{{{ account.label }}}}"));
    }
}

async fn render(shelf: &Shelf, digest: &Digest) -> (Rendered, Option<Fallback>) {
    Templates::new(Some(shelf)).unwrap().render(&context(digest)).await.unwrap()
}

/// The mail as this release makes it, with nothing to say about it.
async fn as_shipped(digest: &Digest) -> (Rendered, Option<Fallback>) {
    Templates::<&Shelf>::new(None).unwrap().render(&context(digest)).await.unwrap()
}

fn one() -> Digest {
    digest(Mode::Enforce, vec![rotated(1, "alice")])
}

#[tokio::test]
async fn what_terraform_uploads_makes_the_shipped_mails() {
    let shelf = uploaded();
    for digest in [one(), digest(Mode::Enforce, every_kind()), digest(Mode::Audit, planned())] {
        assert_eq!(render(&shelf, &digest).await, as_shipped(&digest).await);
    }
}

#[tokio::test]
async fn a_bucket_that_has_only_a_digest_goes_on_as_before() {
    let shelf = Shelf::default();
    own(&shelf, "digest");
    for digest in [one(), digest(Mode::Enforce, every_kind()), digest(Mode::Audit, planned())] {
        let (mail, fallback) = render(&shelf, &digest).await;
        assert_eq!((mail.subject.as_str(), fallback), ("Own digest: payments (111122223333)", None));
    }
}

#[tokio::test]
async fn an_own_digest_stays_every_mail_when_the_shipped_ones_are_uploaded_beside_it() {
    let shelf = uploaded();
    own(&shelf, "digest");
    assert!(render(&shelf, &one()).await.0.subject.starts_with("Own digest"));
    own(&shelf, "rotated");
    assert!(render(&shelf, &one()).await.0.subject.starts_with("Own rotated"));
    let audit = digest(Mode::Audit, planned());
    assert!(render(&shelf, &audit).await.0.subject.starts_with("Own digest"));
}

#[tokio::test]
async fn an_own_mail_leaves_the_others_as_they_are() {
    let shelf = uploaded();
    own(&shelf, "rotated");
    assert!(render(&shelf, &one()).await.0.subject.starts_with("Own rotated"));
    let all = digest(Mode::Enforce, every_kind());
    assert_eq!(render(&shelf, &all).await, as_shipped(&all).await);
}

#[tokio::test]
async fn an_own_base_is_under_every_mail() {
    for shelf in [uploaded(), Shelf::default()] {
        shelf.put("base/subject.txt", "Own base: {{ headline }}");
        shelf.put("base/body.txt", "Own base\n{% block how %}{% endblock how %}");
        shelf.put("base/body.html", "<p>Own base</p>{% block how %}{% endblock how %}");
        let (mail, fallback) = render(&shelf, &one()).await;
        assert_eq!(fallback, None);
        assert_eq!(mail.subject, "Own base: install the new key of alice by 4 December 2026");
        assert!(mail.html.starts_with("<p>Own base</p>") && mail.html.contains("How to install the new key"));
        assert!(mail.text.contains("== How to install the new key =="));
        assert!(!mail.html.contains("Is this mail genuine?"));
    }
}

#[tokio::test]
async fn a_broken_base_and_a_mail_that_lacks_a_file_leave_the_shipped_mail() {
    let broken_base = uploaded();
    broken_base.put("base/body.html", "{% block how %}");
    let lacking = uploaded();
    lacking.remove("rotated/body.txt");
    let broken_mail = uploaded();
    broken_mail.put("rotated/body.html", "{{ acount.label }}");
    for (shelf, says) in
        [(broken_base, "base/body.html"), (lacking, "rotated/body.txt is missing"), (broken_mail, "acount")]
    {
        let (mail, fallback) = render(&shelf, &one()).await;
        assert_eq!(mail, as_shipped(&one()).await.0);
        assert!(matches!(&fallback, Some(Fallback::Broken(why)) if why.contains(says)), "{says}: {fallback:?}");
    }
}

/// A page of the kind that the AFT sample has: exported from a word processor, with every placeholder.
const SAMPLE_SHAPED: &str = r#"<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN"><html><head><style type="text/css">
p.a {margin: 0.0px 0.0px 10.7px 0.0px; font: 14.7px Calibri}
span.b {font-kerning: none}
</style></head><body>
<p class="a"><span class="b">To {{account_name}} ({{account_id}}, {{partition_name}}), {{timestamp}}:</span></p>
<p class="a">{{actions}}</p>
<p class="a">{{rotation_period}} / {{installation_grace_period}} / {{ recovery_grace_period }}; ask {{sender_email}}.</p></body></html>"#;

#[tokio::test]
async fn a_template_of_the_aft_sample_is_every_mail() {
    let shelf = uploaded();
    shelf.put("digest/body.html", SAMPLE_SHAPED);
    let (mail, fallback) = render(&shelf, &one()).await;
    assert_eq!(fallback, None);
    for text in ["To payments (111122223333, aws), 20 November 2026, 02:00 UTC:", "90 / 10 / 35; ask keys@example.com."]
    {
        assert!(mail.html.contains(text), "{}", mail.html);
    }
    let action = "<li>A new access key was made for the IAM user alice. Key AKIAEXAMPLE000000001, new key AKIAEXAMPLE000005001. \
         Old key works until: 4 December 2026, 02:00 UTC (in 14 days). The key has reached the age at which keys are replaced.</li>";
    assert!(mail.html.contains(action), "{}", mail.html);
    assert!(mail.text.contains("Read the secret, as alice"), "the text part is the shipped digest's");
    let all = digest(Mode::Enforce, every_kind());
    assert_eq!(render(&shelf, &all).await.0.html.matches("<li>").count(), all.entries.len());
}

#[tokio::test]
async fn actions_are_lines_in_text_and_escaped_in_html_whatever_strangers_write() {
    let shelf = uploaded();
    shelf.put("digest/body.html", "<p>{{ actions | safe }}</p><b>{{ account_name }}</b>");
    shelf.put("digest/body.txt", "{{ actions }}");
    let (mail, fallback) = render(&shelf, &digest(Mode::Enforce, every_kind())).await;
    assert_eq!((fallback, mail.text.lines().count()), (None, every_kind().len()));
    let (mail, fallback) = render(&shelf, &hostile()).await;
    assert_eq!((fallback, mail.text.lines().count()), (None, 1));
    assert!(!mail.html.contains("<script>"), "{}", mail.html);
}
