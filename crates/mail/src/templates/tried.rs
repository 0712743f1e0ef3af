//! What templates of somebody else's making are tried out on.

#[cfg(feature = "lint")]
use keywheel_core::contract::digest::MOST_ENTRIES;

use super::set::RenderFailed;
use crate::words::Section;
use crate::{DigestContext, MailKind};

const SAMPLE: &str = include_str!("../../../../templates/digest/sample.json");
/// Stands in texts of strangers when a set is tried out; must never come out of an HTML part as it is.
pub(super) const PROBE: &str = "<keywheel-probe a='\"&>";

/// A digest with every kind of entry.
pub(super) fn sample() -> Result<DigestContext, RenderFailed> {
    serde_json::from_str(SAMPLE).map_err(|error| RenderFailed::new(&error.to_string()))
}

/// What the mail's templates can be handed, with a name for each: many entries and single ones, also in a long mail. The digest's are handed everything.
pub(crate) fn contexts(kind: MailKind) -> Result<Vec<(String, DigestContext)>, RenderFailed> {
    let all = sample()?;
    let mut own = DigestContext { mail: kind, ..all.clone() };
    if !matches!(kind, MailKind::Audit | MailKind::Digest) {
        own.sections.retain(|section| kind_of(&section.id) == kind);
    }
    let singles = singles_of(&own).map(|context| (format!("single-{}", context.sections[0].id), context));
    let singles: Vec<_> = singles.collect();
    let audit = DigestContext { mode: "audit".to_owned(), audit: true, ..all };
    let named = |name: &str, context: DigestContext| (name.to_owned(), context);
    let many = [named("enforce", own.clone()), named("compact", compact(&own))];
    Ok(match kind {
        MailKind::Audit => vec![named("compact", compact(&audit)), named("audit", audit)],
        MailKind::Digest => many.into_iter().chain([named("audit", audit)]).chain(singles).collect(),
        _ => many.into_iter().chain(singles).collect(),
    })
}

/// As many entries as a mail has at most, told as briefly as templates can: what the limit of a mail's size is held against.
#[cfg(feature = "lint")]
pub(crate) fn longest(kind: MailKind) -> Result<Option<DigestContext>, RenderFailed> {
    let Some((_, own)) = contexts(kind)?.into_iter().find(|(name, _)| name == "compact") else { return Ok(None) };
    let mut longest = own;
    let parts = longest.sections.len().max(1);
    for section in &mut longest.sections {
        let Some(group) = section.groups.first_mut() else { continue };
        let entries = group.entries.clone();
        group.entries = entries.into_iter().cycle().take(MOST_ENTRIES.div_ceil(parts)).collect();
        section.groups.truncate(1);
        section.count = section.groups.iter().map(|group| group.entries.len()).sum();
    }
    Ok(Some(longest))
}

fn kind_of(section: &str) -> MailKind {
    let section = Section::ALL.iter().find(|known| known.id() == section);
    section.map_or(MailKind::Digest, |section| MailKind::of_section(*section))
}

fn compact(sample: &DigestContext) -> DigestContext {
    DigestContext { compact: true, ..sample.clone() }
}

/// One context per section, with its first entry alone: what templates say of a single entry is tried out as well.
fn singles_of(sample: &DigestContext) -> impl Iterator<Item = DigestContext> {
    sample.sections.iter().map(|section| {
        let mut section = section.clone();
        section.count = 1;
        section.groups.truncate(1);
        section.groups.iter_mut().for_each(|group| group.entries.truncate(1));
        let mail = if sample.mail == MailKind::Digest { kind_of(&section.id) } else { sample.mail };
        DigestContext { mail, single: true, sections: vec![section], ..sample.clone() }
    })
}

/// Puts the probe wherever a stranger's text can stand.
pub(super) fn probe(context: &mut DigestContext) {
    for text in [&mut context.account.name, &mut context.account.label, &mut context.headline] {
        text.push_str(PROBE);
    }
    context.sample.account_name.push_str(PROBE);
    let summary = context.summary.what.iter_mut().chain(&mut context.summary.todo);
    for text in summary.chain(&mut context.sample.actions) {
        text.push_str(PROBE);
    }
    let groups = context.sections.iter_mut().flat_map(|section| &mut section.groups);
    for entry in groups.flat_map(|group| &mut group.entries) {
        entry.user.push_str(PROBE);
        entry.instructions.push(PROBE.to_owned());
        entry.detail = Some(PROBE.to_owned());
        if let Some(last_used) = &mut entry.last_used {
            last_used.service.push_str(PROBE);
            last_used.region.push_str(PROBE);
        }
    }
}
