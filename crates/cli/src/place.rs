//! Where templates are: a folder, or a prefix in a bucket.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use keywheel_aws::{S3Templates, SdkConfig};
use keywheel_mail::lint::{Files, mails, parts};
use keywheel_mail::ports::{FetchedTemplate, TemplateStore};

use crate::aws::AwsArguments;
use crate::exit::failed;

/// Bytes of a template at most, as in notification.
const LONGEST: u64 = 1024 * 1024;
const ENDINGS: [&str; 3] = ["txt", "html", "json"];

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
    /// The templates of this place.
    pub(crate) fn store(&self, config: &SdkConfig) -> S3Templates {
        S3Templates::new(config, self.bucket.as_str(), self.prefix.as_str())
    }
}

fn is_template(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

/// Every template file below the folder, by its name below it.
pub(crate) fn read_folder(root: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if is_template(&name) {
                if fs::metadata(&path)?.len() > LONGEST {
                    bail!("{} is longer than {LONGEST} bytes", path.display());
                }
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(name, bytes);
            }
        }
    }
    Ok(files)
}

/// Every template file below the prefix.
pub(crate) async fn read_bucket(store: &S3Templates) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for name in store.names().await?.into_iter().filter(|name| is_template(name)) {
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
