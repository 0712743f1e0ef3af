//! Templates in S3.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use keywheel_engine::ports::PortError;
use keywheel_mail::ports::{FetchedTemplate, TemplateStore, TemplateUnreadable};

use crate::error::code;
use crate::state::{object_error, s3_client};

/// The template bucket.
#[derive(Clone, Debug)]
pub struct S3Templates {
    client: Client,
    bucket: String,
    prefix: String,
}

impl S3Templates {
    /// The bucket and the prefix of every template's key, such as `templates/`; the prefix may be empty.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { client: s3_client(config), bucket: bucket.into(), prefix: prefix.into() }
    }
}

/// What tools do with templates; the functions only read them.
impl S3Templates {
    /// The names of everything below the prefix, from every page.
    ///
    /// # Errors
    /// When S3 refuses, or does not answer.
    pub async fn names(&self) -> Result<Vec<String>, PortError> {
        let pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
        let mut pages = pages.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| object_error("s3:ListBucket", &self.bucket, &self.prefix, &error))?;
            let keys = page.contents().iter().filter_map(|object| object.key()?.strip_prefix(&self.prefix));
            names.extend(keys.filter(|name| !name.is_empty()).map(str::to_owned));
        }
        Ok(names)
    }

    /// Puts a template in the place of the one of this name.
    ///
    /// # Errors
    /// When S3 refuses, or does not answer.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        let key = format!("{}{name}", self.prefix);
        let is_html = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "html");
        let kind = if is_html { "text/html; charset=utf-8" } else { "text/plain; charset=utf-8" };
        let put = self.client.put_object().bucket(&self.bucket).key(&key).content_type(kind).body(bytes.into());
        put.send().await.map(|_| ()).map_err(|error| object_error("s3:PutObject", &self.bucket, &key, &error))
    }

    /// Takes a template away; fine when there is none.
    ///
    /// # Errors
    /// When S3 refuses, or does not answer.
    pub async fn remove(&self, name: &str) -> Result<(), PortError> {
        let key = format!("{}{name}", self.prefix);
        let removed = self.client.delete_object().bucket(&self.bucket).key(&key).send().await;
        removed.map(|_| ()).map_err(|error| object_error("s3:DeleteObject", &self.bucket, &key, &error))
    }
}

impl TemplateStore for S3Templates {
    async fn fetch(&self, name: &str, known: Option<&str>) -> Result<FetchedTemplate, TemplateUnreadable> {
        let key = format!("{}{name}", self.prefix);
        let unreadable = |why: String| TemplateUnreadable { location: format!("s3://{}/{key}", self.bucket), why };
        let request = self.client.get_object().bucket(&self.bucket).key(&key);
        let answer = match request.set_if_none_match(known.map(str::to_owned)).send().await {
            Ok(answer) => answer,
            Err(error) if code(&error) == Some("NoSuchKey") => return Ok(FetchedTemplate::Missing),
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == NOT_MODIFIED) => {
                return Ok(FetchedTemplate::Unchanged);
            }
            Err(error) => return Err(unreadable(object_error("s3:GetObject", &self.bucket, &key, &error).message)),
        };
        let (etag, mut body) = (answer.e_tag, answer.body);
        let mut bytes = Vec::new();
        while let Some(part) = body.next().await {
            bytes.extend_from_slice(&part.map_err(|_| unreadable("the answer broke off".to_owned()))?);
            // A film in the template's place must not eat the function's memory.
            if bytes.len() > LONGEST_TEMPLATE {
                return Err(unreadable(format!("it is longer than {LONGEST_TEMPLATE} bytes")));
            }
        }
        Ok(FetchedTemplate::Fresh { bytes, etag })
    }
}

const NOT_MODIFIED: u16 = 304;
/// Bytes of a template at most.
const LONGEST_TEMPLATE: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Wire};

    #[tokio::test]
    async fn a_known_template_is_not_fetched_again() {
        let wire = Wire::new(|_, sent| match sent.header("if-none-match") {
            Some("\"one\"") => Answer::Status(304, String::new()),
            _ => Answer::WithHeaders(200, vec![("etag", "\"one\"")], "hello".to_owned()),
        });
        let templates = S3Templates::new(&wire.config(), "templates", "templates/");
        let fresh = FetchedTemplate::Fresh { bytes: b"hello".to_vec(), etag: Some("\"one\"".to_owned()) };
        assert_eq!(templates.fetch("digest.html", None).await, Ok(fresh.clone()));
        assert_eq!(templates.fetch("digest.html", Some("\"one\"")).await, Ok(FetchedTemplate::Unchanged));
        assert_eq!(templates.fetch("digest.html", Some("\"zero\"")).await, Ok(fresh));
    }

    #[tokio::test]
    async fn what_is_far_too_long_for_a_template_is_none() {
        for (length, fits) in [(LONGEST_TEMPLATE, true), (LONGEST_TEMPLATE + 1, false)] {
            let wire = Wire::new(move |_, _| Answer::WithHeaders(200, Vec::new(), "x".repeat(length)));
            let fetched = S3Templates::new(&wire.config(), "templates", "templates/").fetch("digest.html", None).await;
            assert_eq!(fetched.is_ok(), fits, "{length}");
            let told = |error: TemplateUnreadable| error.to_string().contains("longer than 1048576 bytes");
            assert!(fits || fetched.is_err_and(told));
        }
    }
}
