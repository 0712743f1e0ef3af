//! What the store holds, and which of it a mail is made from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;

use super::limit::within;
use super::set::{BASE, NAMES, TemplateSet};
use super::{Fallback, shipped, too_long};
use crate::MailKind;
use crate::ports::{FetchedTemplate, TemplateStore, TemplateUnreadable};

/// What the store brought last, and what was made of it.
#[derive(Clone, Default)]
pub(super) struct Stored {
    folders: BTreeMap<&'static str, Folder>,
    chosen: BTreeMap<MailKind, Chosen>,
}

/// What a mail is made from.
#[derive(Clone)]
pub(super) enum Chosen {
    /// Templates of the store.
    Own(Arc<TemplateSet>),
    /// This release's, which are the store's as well.
    Shipped,
    /// This release's, because the store's do not serve.
    Instead(Fallback),
}

#[derive(Clone, Default)]
struct Folder([Option<File>; 3]);

#[derive(Clone)]
struct File {
    bytes: Vec<u8>,
    etag: Option<String>,
}

/// What a folder of the store is worth.
enum State<'a> {
    Missing,
    /// As this release has it.
    Shipped,
    /// Of somebody's own making, or of another release.
    Own([&'a str; 3]),
}

impl Stored {
    /// Asks the store for all that the mail can be made from.
    pub(super) async fn refresh(
        &mut self,
        store: &impl TemplateStore,
        kind: MailKind,
        limit: Duration,
    ) -> Result<Chosen, TemplateUnreadable> {
        let mut folders = vec![BASE, MailKind::Digest.folder()];
        if kind != MailKind::Digest {
            folders.push(kind.folder());
        }
        let known = std::mem::take(&mut self.folders);
        let empty = Folder::default();
        let asked = folders.iter().flat_map(|folder| {
            let files = &known.get(folder).unwrap_or(&empty).0;
            NAMES.iter().zip(files).map(move |(name, file)| {
                let etag = file.as_ref().and_then(|file| file.etag.as_deref());
                let name = format!("{folder}/{name}");
                async move { store.fetch(&name, etag).await }
            })
        });
        let brought = try_join_all(asked).await;
        self.folders = known;
        let mut brought = brought?.into_iter();
        for folder in folders {
            let files = &mut self.folders.entry(folder).or_default().0;
            let changed = files.iter_mut().zip(brought.by_ref()).map(|(file, fetched)| take(file, fetched));
            if changed.fold(false, |any, changed| any | changed) {
                self.chosen.clear();
            }
        }
        let chosen = self.chosen.get(&kind).cloned().unwrap_or_else(|| self.choose(kind, limit));
        self.chosen.insert(kind, chosen.clone());
        Ok(chosen)
    }

    /// From now on, and until a file changes, the mail is made of this release's templates.
    pub(super) fn refuse(&mut self, kind: MailKind, fallback: Fallback) {
        self.chosen.insert(kind, Chosen::Instead(fallback));
    }

    fn choose(&self, kind: MailKind, limit: Duration) -> Chosen {
        self.compile(kind, limit).unwrap_or_else(Chosen::Instead)
    }

    /// The mail's own folder goes before the digest's, of which every mail can be made, and that before what this release brings along.
    fn compile(&self, kind: MailKind, limit: Duration) -> Result<Chosen, Fallback> {
        let own_base = match self.state(BASE, shipped::BASE)? {
            State::Own(files) => Some(files),
            State::Missing | State::Shipped => None,
        };
        let own = self.state(kind.folder(), shipped::files(kind))?;
        let digest = self.state(MailKind::Digest.folder(), shipped::files(MailKind::Digest))?;
        let (checked_as, files) = match (own, digest, own_base) {
            (State::Own(files), ..) => (kind, files),
            (_, State::Own(files), _) => (MailKind::Digest, files),
            (_, _, Some(_)) => (kind, shipped::files(kind)),
            (State::Missing, State::Missing, None) => return Err(Fallback::Missing),
            _ => return Ok(Chosen::Shipped),
        };
        let (files, base) = (files.map(str::to_owned), own_base.unwrap_or(shipped::BASE).map(str::to_owned));
        let checked = move || {
            TemplateSet::checked(checked_as, files.each_ref().map(String::as_str), base.each_ref().map(String::as_str))
        };
        let set = within(limit, checked).ok_or_else(|| too_long(limit))?;
        set.map(|set| Chosen::Own(Arc::new(set))).map_err(|failed| Fallback::Broken(failed.to_string()))
    }

    fn state(&self, folder: &str, shipped: [&str; 3]) -> Result<State<'_>, Fallback> {
        let Some(Folder(files)) = self.folders.get(folder) else { return Ok(State::Missing) };
        if files.iter().all(Option::is_none) {
            return Ok(State::Missing);
        }
        let text = |index: usize| {
            let broken = |why: &str| Fallback::Broken(format!("{folder}/{} {why}", NAMES[index]));
            let file = files[index].as_ref().ok_or_else(|| broken("is missing, and a mail needs all three files"))?;
            std::str::from_utf8(&file.bytes).map_err(|_| broken("is not UTF-8 text"))
        };
        let texts = [text(0)?, text(1)?, text(2)?];
        Ok(if texts == shipped { State::Shipped } else { State::Own(texts) })
    }
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
