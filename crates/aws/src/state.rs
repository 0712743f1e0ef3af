//! Keywheel's memory in S3: ledgers, notices, manifests and results.

mod departed;
mod failure;
mod history;
mod ledger;
mod notices;
mod removal;
mod returns;
mod runs;
mod shown;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use keywheel_engine::ports::{ErrorKind, PortError};
use serde::Serialize;

use crate::error::{bad_answer, code};
pub(crate) use failure::object_error;
pub(crate) use removal::{remove, remove_below, remove_some};

const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";

/// Writes of an object that are tried while others write the same one.
const TRIES: u32 = 5;

/// The state bucket.
#[derive(Clone, Debug)]
pub struct S3State {
    client: Client,
    bucket: String,
    prefix: String,
}

/// An object as it was read.
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    etag: String,
}

impl S3State {
    /// The bucket and the prefix of every key in it, such as `keywheel/`; the prefix may be empty.
    ///
    /// The credentials are those of the function, not of an assumed role.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { client: s3_client(config), bucket: bucket.into(), prefix: prefix.into() }
    }

    pub(crate) fn key(&self, rest: &str) -> String {
        format!("{}{rest}", self.prefix)
    }

    /// The object; none when there is none.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Object>, PortError> {
        let answer = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(error) if is_no_such_key(&error) => return Ok(None),
            Err(error) => return Err(object_error(GET, &self.bucket, key, &error)),
        };
        let etag = answer.e_tag.ok_or_else(|| bad_answer(GET, format_args!("{key} has no ETag")))?;
        let body = answer.body.collect().await;
        let body = body.map_err(|_| bad_answer(GET, format_args!("s3://{}/{key} broke off", self.bucket)))?;
        Ok(Some(Object { bytes: body.to_vec(), etag }))
    }

    fn put(&self, key: &str, value: &impl Serialize) -> Result<PutObjectFluentBuilder, PortError> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|error| PortError {
            operation: PUT,
            kind: ErrorKind::Invalid,
            message: format!("{key} cannot be written as JSON: {error}"),
        })?;
        let request = self.client.put_object().bucket(&self.bucket).key(key);
        Ok(request.content_type("application/json").body(bytes.into()))
    }

    async fn put_whole(&self, key: &str, value: &impl Serialize) -> Result<(), PortError> {
        let put = self.put(key, value)?.send().await;
        put.map(|_| ()).map_err(|error| object_error(PUT, &self.bucket, key, &error))
    }

    /// Writes what `next` makes of the object as it stands, and again where somebody else wrote it meanwhile; `standing` is what is known
    /// of it so far. `false` where `next` leaves it as it is.
    async fn update<T: Serialize>(
        &self,
        key: &str,
        mut standing: Option<Object>,
        next: impl Fn(Option<&Object>) -> Result<Option<T>, PortError>,
    ) -> Result<bool, PortError> {
        let mut tries = 0;
        loop {
            let Some(value) = next(standing.as_ref())? else { return Ok(false) };
            let request = self.put(key, &value)?;
            let request = match &standing {
                None => request.if_none_match("*"),
                Some(object) => request.if_match(&object.etag),
            };
            let Err(error) = request.send().await else { return Ok(true) };
            let failure = object_error(PUT, &self.bucket, key, &error);
            tries += 1;
            if failure.kind != ErrorKind::Conflict || tries == TRIES {
                return Err(failure);
            }
            standing = self.get(key).await?;
        }
    }
}

/// A client of S3. Where an endpoint is configured, the bucket stands in the path: emulators have no host name per bucket.
pub(crate) fn s3_client(config: &SdkConfig) -> Client {
    let builder = aws_sdk_s3::config::Builder::from(config);
    Client::from_conf(builder.force_path_style(config.endpoint_url().is_some()).build())
}

fn is_no_such_key(
    error: &SdkError<GetObjectError, aws_smithy_runtime_api::client::orchestrator::HttpResponse>,
) -> bool {
    code(error) == Some("NoSuchKey")
}
