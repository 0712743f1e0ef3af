//! Where templates are: a folder, or a prefix in a bucket.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use keywheel_aws::{S3Templates, SdkConfig};
use keywheel_mail::lint::{Files, mails, parts, shared};
use keywheel_mail::ports::{FetchedTemplate, TemplateStore};

use crate::aws::AwsArguments;
use crate::exit::failed;

/// Bytes of a template at most, as in notification.
const LONGEST: u64 = 1024 * 1024;

/// A folder or a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Folder(PathBuf),
    Bucket(BucketPlace),
}

/// A prefix in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BucketPlace {
    bucket: String,
    /// Ends in `/`, or is empty.
    prefix: String,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("s3:") {
            return text.parse().map(Self::Bucket);
        }
        Ok(Self::Folder(text.into()))
    }
}

impl FromStr for BucketPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return Err("this is not a place in S3 such as s3://bucket/templates".to_owned());
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        // S3 user guide, "General purpose bucket naming rules".
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_allowed) {
            return Err(format!("{bucket:?} is not the name of a bucket"));
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { bucket: bucket.to_owned(), prefix })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Bucket(place) => place.fmt(f),
        }
    }
}

impl std::fmt::Display for BucketPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl Place {
    /// The templates that are there.
    pub(crate) async fn read(&self, aws: &AwsArguments) -> anyhow::Result<Files> {
        let files = match self {
            Self::Folder(path) => read_folder(path)?,
            Self::Bucket(place) => read_bucket(&place.store(&aws.load().await?)).await?,
        };
        if keywheel_mail::lint::present(&files).is_empty() {
            let names: Vec<String> = mails().iter().flat_map(|mail| parts(mail)).take(3).collect();
            let hint = format!("a folder of templates has files such as {}", names.join(", "));
            return Err(failed(format!("there are no templates in {self}"), hint));
        }
        Ok(files)
    }
}

impl BucketPlace {
    /// The bucket's name.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The templates of this place.
    pub(crate) fn store(&self, config: &SdkConfig) -> S3Templates {
        S3Templates::new(config, self.bucket.as_str(), self.prefix.as_str())
    }
}

/// The names that a template's files can have, samples among them.
fn names() -> Vec<String> {
    let samples = mails().into_iter().map(|mail| format!("{mail}/sample.json"));
    mails().into_iter().chain(shared()).flat_map(parts).chain(samples).collect()
}

/// Every template file in the folder, by its name below it. What has another name is left alone.
pub(crate) fn read_folder(root: &Path) -> anyhow::Result<Files> {
    fs::read_dir(root).with_context(|| format!("cannot read the folder {}", root.display()))?;
    let mut files = Files::new();
    for name in names() {
        let path = root.join(&name);
        let cannot_read = || format!("cannot read {}", path.display());
        refuse_links(root, &name)?;
        let kind = match fs::symlink_metadata(&path) {
            Err(error) if is_not_there(&error) => continue,
            metadata => metadata.with_context(cannot_read)?.file_type(),
        };
        if !kind.is_file() {
            bail!("{} is not a file", path.display());
        }
        let mut bytes = Vec::new();
        fs::File::open(&path)?.take(LONGEST + 1).read_to_end(&mut bytes).with_context(cannot_read)?;
        if bytes.len() as u64 > LONGEST {
            bail!("{} is longer than {LONGEST} bytes", path.display());
        }
        files.insert(name, bytes);
    }
    Ok(files)
}

fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Refuses a name below the folder where it, or a folder on the way to it, is a symbolic link: it would lead to files that nobody named.
pub(crate) fn refuse_links(root: &Path, name: &str) -> anyhow::Result<()> {
    let mut path = root.to_owned();
    for part in Path::new(name) {
        path.push(part);
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.file_type().is_symlink()) {
            let what = format!("{} is a symbolic link", path.display());
            return Err(failed(what, "put the file itself there; links are not followed"));
        }
    }
    Ok(())
}

/// Every template file below the prefix.
pub(crate) async fn read_bucket(store: &S3Templates) -> anyhow::Result<Files> {
    let (mut files, known) = (Files::new(), names());
    for name in store.names().await?.into_iter().filter(|name| known.contains(name)) {
        if let FetchedTemplate::Fresh { bytes, .. } = store.fetch(&name, None).await? {
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_s3_is_a_bucket_and_a_prefix() {
        let place: BucketPlace = "s3://templates-111122223333/a/b//".parse().unwrap();
        assert_eq!(place.to_string(), "s3://templates-111122223333/a/b/");
        assert_eq!("s3://bucket".parse::<BucketPlace>().unwrap().prefix, "");
        for wrong in ["s3:/bucket", "s3://", "s3://No_Bucket/x", "https://bucket"] {
            assert!(wrong.parse::<BucketPlace>().is_err(), "{wrong}");
        }
        assert_eq!("templates".parse(), Ok(Place::Folder("templates".into())));
    }
}
