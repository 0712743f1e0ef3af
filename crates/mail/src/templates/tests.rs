//! Templates that never end.

use super::*;
use crate::ports::FetchedTemplate;

/// A store that has just a digest with this HTML part, changed whenever `version` is another.
struct One {
    html: Mutex<(String, u32)>,
}

impl One {
    fn holding(html: &str) -> Self {
        Self { html: Mutex::new((html.to_owned(), 0)) }
    }
}

impl TemplateStore for &One {
    async fn fetch(&self, name: &str, _: Option<&str>) -> Result<FetchedTemplate, TemplateUnreadable> {
        let (html, version) = self.html.lock().unwrap().clone();
        let text = match name {
            "digest/subject.txt" | "digest/body.txt" => "Own".to_owned(),
            "digest/body.html" => html,
            _ => return Ok(FetchedTemplate::Missing),
        };
        Ok(FetchedTemplate::Fresh { bytes: text.into_bytes(), etag: Some(version.to_string()) })
    }
}

/// Loops in loops that write nothing: of ten sections, ten thousand million turns.
fn endless() -> String {
    let loops = (0..10).map(|number| ["{% for s", &number.to_string(), " in sections %}"].concat());
    format!("<p>{}{}</p>", loops.collect::<String>(), "{% endfor %}".repeat(10))
}

async fn rendered(templates: &Templates<&One>, account: &str) -> (Rendered, Option<Fallback>) {
    let mut context = tried::sample().unwrap();
    context.account.name = account.to_owned();
    templates.render(&context).await.unwrap()
}

async fn refused(templates: &Templates<&One>, account: &str) {
    let (mail, fallback) = rendered(templates, account).await;
    assert!(mail.subject.starts_with("[AWS keys]"), "{}", mail.subject);
    assert!(fallback.unwrap().to_string().contains("take longer than"));
}

fn within_moments(store: &One) -> Templates<&One> {
    Templates { limit: Duration::from_millis(100), ..Templates::new(Some(store)).unwrap() }
}

#[tokio::test]
async fn templates_that_never_end_are_given_up_once_and_until_they_change() {
    let store = One::holding(&endless());
    let mut templates = within_moments(&store);
    refused(&templates, "payments").await;
    // Whoever tried again would not come back.
    templates.limit = Duration::from_hours(1);
    refused(&templates, "payments").await;
    *store.html.lock().unwrap() = ("<p>Mended</p>".to_owned(), 1);
    assert_eq!(rendered(&templates, "payments").await.0.html, "<p>Mended</p>");
}

#[tokio::test]
async fn templates_that_never_end_for_one_digest_are_given_up_as_well() {
    let store = One::holding(&format!("<p>{{% if account.name == \"zoe\" %}}{}{{% endif %}}x</p>", endless()));
    let mut templates = within_moments(&store);
    templates.limit = Duration::from_hours(1);
    assert_eq!(rendered(&templates, "payments").await.1, None);
    templates.limit = Duration::from_millis(100);
    refused(&templates, "zoe").await;
    templates.limit = Duration::from_hours(1);
    refused(&templates, "zoe").await;
}
