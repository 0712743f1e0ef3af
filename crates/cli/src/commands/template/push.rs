use std::path::PathBuf;

use keywheel_aws::S3Templates;
use keywheel_mail::lint::{Files, mails, parts, shared};

use super::check::{self, plural};
use crate::aws::AwsArguments;
use crate::confirm::ConfirmArguments;
use crate::exit::{Ended, failed};
use crate::place::{BucketPlace, Place, read_bucket};
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel template push my-templates s3://keywheel-111122223333-eu-central-1/templates --dry-run
  keywheel template push my-templates s3://keywheel-111122223333-eu-central-1/templates --profile hub
  keywheel template push my-templates s3://keywheel-111122223333-eu-central-1/templates --yes   # in CI

Where more than one file of a mail changes, its subject.txt is taken away first and put last, and base/subject.txt where base/ changes along with
anything else. In between the folder lacks a part, and notification sends the mail with the templates that it brings along: never with a mixture of old and
new ones.";

/// Checks the templates, shows what is new, changed and the same in the bucket, asks, and uploads.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder with templates
    dir: PathBuf,
    /// Where notification looks for them: TEMPLATE_BUCKET and TEMPLATE_PREFIX
    #[arg(value_name = "S3")]
    to: BucketPlace,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    confirm: ConfirmArguments,
}

pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let Arguments { dir, to, dry_run, confirm } = arguments;
    let files = Place::Folder(dir.clone()).read(aws).await?;
    if check::report(printer, &files, &dir.display().to_string())? == Ended::Findings {
        printer.note("nothing was uploaded");
        return Ok(Ended::Findings);
    }
    // Samples are for those who write templates; notification has its own.
    let is_sample = |name: &str| name.rsplit_once('.').is_some_and(|(_, ending)| ending == "json");
    let files: Files = files.into_iter().filter(|(name, _)| !is_sample(name)).collect();
    let store = to.store(&aws.load().await?);
    let there = read_bucket(&store).await?;
    let changed: Vec<&String> = files.keys().filter(|name| there.get(*name) != files.get(*name)).collect();
    if changed.is_empty() || *dry_run {
        printer.data(&differences(&files, &there))?;
        let count = changed.len();
        printer.note(&format!("{count} {} would change in {to}; nothing was uploaded", plural(count, "file")));
        return Ok(Ended::Done);
    }
    let what = format!("Upload {} {} to {to}", changed.len(), plural(changed.len(), "file"));
    confirm.obtain(printer, &differences(&files, &there), &what, to.bucket())?;
    upload(&store, &files, &there, &changed).await.map_err(|(done, error)| {
        let what = format!("{done} of {} files were uploaded: {error:#}", changed.len());
        failed(what, "push again; until then notification uses its own templates for a mail that lacks its subject.txt")
    })?;
    printer.note(&format!("{} {} uploaded to {to}", changed.len(), plural(changed.len(), "file")));
    Ok(Ended::Done)
}

fn differences(files: &Files, there: &Files) -> String {
    let line = |(name, bytes): (&String, &Vec<u8>)| {
        let state = match there.get(name) {
            None => "new    ",
            Some(known) if known == bytes => "same   ",
            Some(_) => "changed",
        };
        format!("{state} {name}\n")
    };
    files.iter().map(line).collect()
}

/// Uploads what changed; an error comes with the number of files that were uploaded before it.
async fn upload(
    store: &S3Templates,
    files: &Files,
    there: &Files,
    changed: &[&String],
) -> Result<(), (usize, anyhow::Error)> {
    for subject in to_take_away(there, changed) {
        store.remove(&subject).await.map_err(|error| (0, error.into()))?;
    }
    for (done, name) in order(files, there, changed).into_iter().enumerate() {
        let bytes = files.get(&name).cloned().unwrap_or_default();
        store.put(&name, bytes).await.map_err(|error| (done, error.into()))?;
    }
    Ok(())
}

/// The subjects that are not there while files are put: where a folder that mails share changes along with anything else, that folder's;
/// else those of mails of which more than one file changes.
fn to_take_away(there: &Files, changed: &[&String]) -> Vec<String> {
    let count = |folder: &str| {
        let own = parts(folder);
        changed.iter().filter(|name| own.contains(name)).count()
    };
    let subject_there = |folder: &str| {
        let [subject, ..] = parts(folder);
        there.contains_key(&subject).then_some(subject)
    };
    // Without it no folder of the bucket is used at all.
    let bases: Vec<&str> = shared().into_iter().filter(|folder| count(folder) > 0 && changed.len() > 1).collect();
    if !bases.is_empty() {
        return bases.into_iter().filter_map(subject_there).collect();
    }
    mails().into_iter().filter(|mail| count(mail) > 1).filter_map(subject_there).collect()
}

/// In which order files are put: what mails share, texts, HTML, the subjects of mails and at last those of shared folders; those that were
/// taken away are among them.
fn order(files: &Files, there: &Files, changed: &[&String]) -> Vec<String> {
    let taken = to_take_away(there, changed).into_iter().filter(|name| files.contains_key(name));
    let mut names: Vec<String> = changed.iter().map(|name| (*name).clone()).chain(taken).collect();
    // Subject, text and HTML are 0, 1 and 2 of a folder's parts.
    let part = |folders: &[&str], name: &String| {
        folders.iter().find_map(|folder| parts(folder).iter().position(|part| part == name))
    };
    let rank = |name: &String| match (part(&shared(), name), part(&mails(), name)) {
        (Some(0), _) => 4,
        (_, Some(0)) => 3,
        (_, Some(part)) => part,
        _ => 0,
    };
    names.sort_by_key(|name| (rank(name), name.clone()));
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: [&str; 3]) -> Files {
        let [subject, text, html] = parts(mails()[0]);
        [subject, text, html].into_iter().zip(texts).map(|(name, text)| (name, text.into())).collect()
    }

    fn changed<'a>(files: &'a Files, there: &Files) -> Vec<&'a String> {
        files.keys().filter(|name| there.get(*name) != files.get(*name)).collect()
    }

    #[test]
    fn a_subject_comes_last_and_is_taken_away_while_more_than_one_file_changes() {
        let [subject, text, html] = parts(mails()[0]);
        let (new, old) = (of(["a", "b", "c"]), of(["a", "y", "z"]));
        assert_eq!(to_take_away(&old, &changed(&new, &old)), std::slice::from_ref(&subject));
        // The subject itself is the same, and has to come back all the same.
        assert_eq!(order(&new, &old, &changed(&new, &old)), [text.clone(), html.clone(), subject.clone()]);
        assert_eq!(to_take_away(&Files::new(), &changed(&new, &Files::new())), Vec::<String>::new());
        assert_eq!(order(&new, &Files::new(), &changed(&new, &Files::new())), [text, html, subject]);
    }

    #[test]
    fn one_changed_file_is_put_over_the_old_one() {
        let [_, text, _] = parts(mails()[0]);
        let (new, old) = (of(["a", "b", "c"]), of(["a", "y", "c"]));
        assert_eq!(to_take_away(&old, &changed(&new, &old)), Vec::<String>::new());
        assert_eq!(order(&new, &old, &changed(&new, &old)), [text]);
    }

    #[test]
    fn while_what_mails_share_changes_along_with_anything_else_no_mail_of_the_bucket_is_used() {
        let [subject, text, _] = parts(mails()[0]);
        let [base_subject, base_text, base_html] = parts(shared()[0]);
        let (mut new, mut old) = (of(["a", "b", "c"]), of(["x", "y", "c"]));
        for name in [&base_subject, &base_text, &base_html] {
            old.insert(name.clone(), b"old".to_vec());
            new.insert(name.clone(), b"old".to_vec());
        }
        new.insert(base_html.clone(), b"new".to_vec());
        let changed = changed(&new, &old);
        assert_eq!(to_take_away(&old, &changed), std::slice::from_ref(&base_subject));
        assert_eq!(order(&new, &old, &changed), [base_html, text, subject, base_subject]);
    }
}
