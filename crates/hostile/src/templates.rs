//! The templates in the bucket. Whoever may write them must not be able to keep a mail from being sent.

use std::collections::BTreeMap;

use keywheel_mail::ports::{FetchedTemplate, TemplateStore, TemplateUnreadable};
use keywheel_mail::{DigestContext, Templates};

use crate::promise::one_clear_line;

/// What divides the files.
const DIVIDER: u8 = 0x1e;
const NAMES: [&str; 4] = ["digest/subject.txt", "digest/body.txt", "digest/body.html", "base/body.html"];
const SAMPLE: &str = include_str!("../../../templates/digest/sample.json");

/// The subject, the text and the HTML of the digest, and the base of the HTML, with the byte 0x1e between them. The mail is made whatever they
/// are, by the embedded templates where these do not serve.
pub fn templates(bytes: &[u8]) {
    let files = NAMES.into_iter().zip(bytes.split(|byte| *byte == DIVIDER).map(<[u8]>::to_vec));
    let templates = Templates::new(Some(Shelf(files.collect()))).expect("the embedded templates compile");
    let context: DigestContext = serde_json::from_str(SAMPLE).expect("the sample");
    let (mail, fallback) = block_on(templates.render(&context)).expect("the mail is made");
    if let Some(fallback) = fallback {
        one_clear_line(&fallback);
    }
    // A template may hold anything, but the subject becomes a header.
    assert!(!mail.subject.contains(char::is_control), "{:?}", mail.subject);
}

/// Templates in memory.
struct Shelf(BTreeMap<&'static str, Vec<u8>>);

impl TemplateStore for Shelf {
    async fn fetch(&self, name: &str, _: Option<&str>) -> Result<FetchedTemplate, TemplateUnreadable> {
        let fresh = |bytes: &Vec<u8>| FetchedTemplate::Fresh { bytes: bytes.clone(), etag: None };
        Ok(self.0.get(name).map_or(FetchedTemplate::Missing, fresh))
    }
}

/// A store that is never asked.
pub(crate) struct NoTemplates;

impl TemplateStore for NoTemplates {
    async fn fetch(&self, _: &str, _: Option<&str>) -> Result<FetchedTemplate, TemplateUnreadable> {
        Ok(FetchedTemplate::Missing)
    }
}

/// What the work brings; nothing here waits for anything.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(work)
}
