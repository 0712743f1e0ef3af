//! What a bucket has below a prefix, page by page.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use keywheel_engine::ports::PortError;

use crate::error::bad_answer;
use crate::pages::Pages;
use crate::state::object_error;

/// What a list needs.
pub(crate) const LIST: &str = "s3:ListBucket";

/// A list, from its first page on: half a list would look like a whole one, so whatever keeps it from its end is an error.
pub(crate) struct Listing<'a> {
    client: &'a Client,
    bucket: &'a str,
    prefix: &'a str,
    delimiter: Option<String>,
    pages: Pages,
    left: Left,
}

/// How many more pages are read, where there is a limit.
struct Left {
    pages: usize,
    error: String,
}

impl<'a> Listing<'a> {
    /// Of every object below the prefix.
    pub(crate) fn of(client: &'a Client, bucket: &'a str, prefix: &'a str) -> Self {
        let left = Left { pages: usize::MAX, error: String::new() };
        Self { client, bucket, prefix, delimiter: None, pages: Pages::of(LIST), left }
    }

    /// Of the folders right below the prefix.
    pub(crate) fn of_folders(client: &'a Client, bucket: &'a str, prefix: &'a str) -> Self {
        Self { delimiter: Some("/".to_owned()), ..Self::of(client, bucket, prefix) }
    }

    /// With so many pages at most; one more is an error, which ends with `outcome`.
    pub(crate) fn at_most(self, pages: usize, outcome: &str) -> Self {
        let error = format!("s3://{}/{} has more than {pages} pages{outcome}", self.bucket, self.prefix);
        Self { left: Left { pages, error }, ..self }
    }

    /// The next page, which may be short or empty; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<ListObjectsV2Output>, PortError> {
        if !self.pages.more() {
            return Ok(None);
        }
        self.left.pages = self.left.pages.checked_sub(1).ok_or_else(|| bad_answer(LIST, &self.left.error))?;
        let request = self.client.list_objects_v2().bucket(self.bucket).prefix(self.prefix);
        let request = request.set_delimiter(self.delimiter.clone()).set_continuation_token(self.pages.token());
        let page = request.send().await.map_err(|error| object_error(LIST, self.bucket, self.prefix, &error))?;
        let token = page.next_continuation_token.clone();
        self.pages.answered_where_truncated(page.is_truncated.unwrap_or_default(), token)?;
        Ok(Some(page))
    }
}
