use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use keywheel_engine::ports::{ErrorKind, PortError};

use crate::error::{code, port_error};

/// The error of a call about an object: names bucket, key and the way out.
pub(crate) fn object_error<E>(
    operation: &'static str,
    bucket: &str,
    key: &str,
    error: &SdkError<E, HttpResponse>,
) -> PortError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = port_error(operation, error);
    let hint = match (code(error), failure.kind) {
        (Some("NoSuchBucket"), _) => {
            "; there is no such bucket in this account and region: create it, or correct the bucket's name in the configuration"
        }
        // S3 answers so for an object that is missing, too, when the caller may not list the bucket (S3 API, GetObject).
        (_, ErrorKind::Denied) => {
            "; the function's role needs s3:GetObject and s3:PutObject on this key, and s3:ListBucket on the bucket, without which a \
             missing object looks like a forbidden one"
        }
        _ => "",
    };
    PortError { message: format!("s3://{bucket}/{key}: {}{hint}", failure.message), ..failure }
}
