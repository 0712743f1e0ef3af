//! The templates of a mail: those in the store where they are sound, else the copy that this release brings along.

mod set;

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join3;

use crate::DigestContext;
use crate::ports::{FetchedTemplate, TemplateStore, TemplateUnreadable};

use set::{BODY_HTML, BODY_TEXT, SUBJECT, TemplateSet};
pub use set::{RenderFailed, Rendered};

const NAMES: [&str; 3] = [SUBJECT, BODY_TEXT, BODY_HTML];

/// Why the embedded templates were used although there is a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fallback {
    /// The store has none of the three files.
    #[error("the store holds no templates/digest/ of its own")]
    Missing,
    /// The files are there and cannot be used as they are.
    #[error("the templates in the store are broken: {0}")]
    Broken(String),
    /// The store could not be read.
    #[error("{0}")]
    Unreadable(#[from] TemplateUnreadable),
}

/// The digest's templates. Kept between invocations, so that a warm function only asks whether they changed.
pub struct Templates<S> {
    store: Option<S>,
    embedded: Arc<TemplateSet>,
    kept: Mutex<Kept>,
}

/// What the store brought last.
#[derive(Clone, Default)]
struct Kept {
    files: [Option<File>; 3],
    outcome: Option<Result<Arc<TemplateSet>, Fallback>>,
}

#[derive(Clone)]
struct File {
    bytes: Vec<u8>,
    etag: Option<String>,
}

impl<S: TemplateStore> Templates<S> {
    /// Templates of the store; only the embedded ones where there is no store.
    ///
    /// # Errors
    /// The embedded templates do not compile: a defect of this release.
    pub fn new(store: Option<S>) -> Result<Self, RenderFailed> {
        Ok(Self { store, embedded: Arc::new(TemplateSet::embedded()?), kept: Mutex::default() })
    }

    /// Renders the mail, with the embedded templates where the store's cannot do it, and says why. The three parts always come from one
    /// set. Asks the store once.
    ///
    /// # Errors
    /// Not even the embedded templates can render this context: a defect of this release.
    pub async fn render(&self, context: &DigestContext) -> Result<(Rendered, Option<Fallback>), RenderFailed> {
        let fallback = match self.current().await {
            None => None,
            Some(Err(fallback)) => Some(fallback),
            Some(Ok(set)) => match set.render(context) {
                Ok(rendered) => return Ok((rendered, None)),
                Err(failed) => Some(Fallback::Broken(failed.to_string())),
            },
        };
        Ok((self.embedded.render(context)?, fallback))
    }

    /// The store's templates as they are now; none where there is no store.
    async fn current(&self) -> Option<Result<Arc<TemplateSet>, Fallback>> {
        let store = self.store.as_ref()?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = match refresh(store, kept).await {
            Ok(now) => now,
            Err(unreadable) => return Some(Err(unreadable.into())),
        };
        let outcome = now.outcome.clone();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = now;
        outcome
    }
}

async fn refresh(store: &impl TemplateStore, mut kept: Kept) -> Result<Kept, TemplateUnreadable> {
    let [subject, text, html] = NAMES.map(|name| format!("{}/{name}", crate::event::DIGEST));
    let etag = |index: usize| kept.files[index].as_ref().and_then(|file| file.etag.as_deref());
    let (subject, text, html) =
        join3(store.fetch(&subject, etag(0)), store.fetch(&text, etag(1)), store.fetch(&html, etag(2))).await;
    let fetched = [subject?, text?, html?];
    let mut changed = kept.outcome.is_none();
    for (file, fetched) in kept.files.iter_mut().zip(fetched) {
        changed |= take(file, fetched);
    }
    if changed {
        kept.outcome = Some(compile(&kept.files));
    }
    Ok(kept)
}

/// Takes what the store brought; says whether the text changed.
fn take(file: &mut Option<File>, fetched: FetchedTemplate) -> bool {
    let new = match fetched {
        FetchedTemplate::Unchanged => return false,
        FetchedTemplate::Missing => None,
        FetchedTemplate::Fresh { bytes, etag } => Some(File { bytes, etag }),
    };
    let changed = file.as_ref().map(|file| &file.bytes) != new.as_ref().map(|file| &file.bytes);
    *file = new;
    changed
}

fn compile(files: &[Option<File>; 3]) -> Result<Arc<TemplateSet>, Fallback> {
    if files.iter().all(Option::is_none) {
        return Err(Fallback::Missing);
    }
    let text = |index: usize| {
        let broken = |why: &str| Fallback::Broken(format!("{} {why}", NAMES[index]));
        let file = files[index].as_ref().ok_or_else(|| broken("is missing, and a mail needs all three files"))?;
        std::str::from_utf8(&file.bytes).map_err(|_| broken("is not UTF-8 text"))
    };
    let set = TemplateSet::checked(text(0)?, text(1)?, text(2)?);
    set.map(Arc::new).map_err(|failed| Fallback::Broken(failed.to_string()))
}
