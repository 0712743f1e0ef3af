//! The templates of the mails: those in the store where they are sound, else the copy that this release brings along.

mod limit;
pub(crate) mod set;
pub(crate) mod shipped;
mod stored;
pub(crate) mod tried;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::ports::{TemplateStore, TemplateUnreadable};
use crate::{DigestContext, MailKind};

use limit::within;
use set::TemplateSet;
pub use set::{RenderFailed, Rendered};
use stored::{Chosen, Stored};

/// How long the store's templates may take for one mail, or to be compiled and tried out. The longest digest takes less than a second.
const LIMIT: Duration = Duration::from_secs(5);

/// Why the embedded templates were used although there is a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fallback {
    /// The store has neither the mail's files nor the digest's.
    #[error("the store holds no templates for this mail, and no templates/digest/ either")]
    Missing,
    /// The files are there and cannot be used as they are.
    #[error("the templates in the store are broken: {0}")]
    Broken(String),
    /// The store could not be read.
    #[error("{0}")]
    Unreadable(#[from] TemplateUnreadable),
}

/// The templates of all mails. Kept between invocations, so that a warm function only asks whether they changed.
pub struct Templates<S> {
    store: Option<S>,
    embedded: Mutex<BTreeMap<MailKind, Arc<TemplateSet>>>,
    stored: Mutex<Stored>,
    limit: Duration,
}

impl<S: TemplateStore> Templates<S> {
    /// Templates of the store; only the embedded ones where there is no store.
    ///
    /// # Errors
    /// The embedded templates do not compile: a defect of this release.
    pub fn new(store: Option<S>) -> Result<Self, RenderFailed> {
        let templates = Self { store, embedded: Mutex::default(), stored: Mutex::default(), limit: LIMIT };
        templates.embedded(MailKind::Digest)?;
        Ok(templates)
    }

    /// Renders the mail, with the embedded templates where the store's cannot do it, and says why. The three parts always come from one
    /// set. Asks the store once.
    ///
    /// # Errors
    /// Not even the embedded templates can render this context: a defect of this release.
    pub async fn render(&self, context: &DigestContext) -> Result<(Rendered, Option<Fallback>), RenderFailed> {
        let fallback = match self.chosen(context.mail).await {
            Chosen::Shipped => None,
            Chosen::Instead(fallback) => Some(fallback),
            Chosen::Own(set) => match self.rendered(set, context) {
                Ok(rendered) => return Ok((rendered, None)),
                Err(fallback) => Some(fallback),
            },
        };
        Ok((self.embedded(context.mail)?.render(context)?, fallback))
    }

    /// The mail of the store's templates. What took too long is not tried again until a file changes.
    fn rendered(&self, set: Arc<TemplateSet>, context: &DigestContext) -> Result<Rendered, Fallback> {
        let (kind, context) = (context.mail, context.clone());
        if let Some(rendered) = within(self.limit, move || set.render(&context)) {
            return rendered.map_err(|failed| Fallback::Broken(failed.to_string()));
        }
        let fallback = too_long(self.limit);
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).refuse(kind, fallback.clone());
        Err(fallback)
    }

    /// What the mail is made from now. Two invocations at once may both ask; either answer is as good.
    async fn chosen(&self, kind: MailKind) -> Chosen {
        let Some(store) = self.store.as_ref() else { return Chosen::Shipped };
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let chosen = stored.refresh(store, kind, self.limit).await;
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = stored;
        chosen.unwrap_or_else(|unreadable| Chosen::Instead(unreadable.into()))
    }

    /// This release's templates of the mail, compiled when they are first needed.
    fn embedded(&self, kind: MailKind) -> Result<Arc<TemplateSet>, RenderFailed> {
        let mut embedded = self.embedded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = embedded.get(&kind) {
            return Ok(Arc::clone(set));
        }
        let set = Arc::new(TemplateSet::compile(kind.folder(), shipped::files(kind), shipped::BASE)?);
        embedded.insert(kind, Arc::clone(&set));
        Ok(set)
    }
}

fn too_long(limit: Duration) -> Fallback {
    Fallback::Broken(format!("they take longer than {} s, or panic", limit.as_secs_f32()))
}

#[cfg(test)]
mod tests;
