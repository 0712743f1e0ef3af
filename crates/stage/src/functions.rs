//! Installs the three functions in the hub: roles, buckets, the mail identity, code and environment.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_lambda::Client as LambdaClient;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, InvocationType, Runtime};
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_sesv2::Client as MailClient;
use aws_sdk_sts::Client as StsClient;
use futures::future::try_join_all;
use keywheel_core::id::AccountId;
use serde_json::Value;

use crate::clients::{Clients, REGION};
use crate::organization::Organization;
use crate::policies::{
    BREAK_GLASS_ROLE, EMAIL_DOMAIN, EXTERNAL_ID, MEMBER_ROLE, ORGANIZATION_LIST_ROLE, Policies, SCHEDULE_ROLE, SENDER,
    STATE_BUCKET, make_role,
};

/// The function that lists the organization and starts a job per account.
pub const ACCOUNT_INVENTORY: &str = "account-inventory";
/// The function that looks after one account.
pub const KEY_ROTATION: &str = "key-rotation";
/// The function that sends mails.
pub const NOTIFICATION: &str = "notification";

/// The policy of every function's role with what Lambda does in the function's name.
const PLATFORM: &str = "platform";
/// As long as Lambda lets a function run.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(15);
const MEMORY_MEGABYTES: i32 = 256;
/// How often Lambda tries a failed event again.
const RETRIES: i32 = 2;

/// The environment of a function.
pub type Variables = BTreeMap<String, String>;

/// What a function answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The payload: the result, or the error's type and message.
    pub payload: Value,
    /// Whether it is an error.
    pub failed: bool,
}

/// Lambda in the hub, with the functions' code in S3.
#[derive(Debug)]
pub struct Functions {
    client: LambdaClient,
    variables: BTreeMap<&'static str, Variables>,
    hub: AccountId,
}

impl Functions {
    /// Makes the roles and the mail identity, and installs the functions from `<folder>/<function>.zip`.
    ///
    /// # Errors
    /// When a zip is missing, or the emulator refuses a call.
    pub async fn install(
        organization: &Organization,
        clients: &Clients,
        endpoint: &str,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let hub = organization.hub();
        let names = [ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION];
        let without_checksums = clients.root_of(hub).to_builder();
        let without_checksums =
            without_checksums.request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        let storage = StorageClient::new(&without_checksums.build());
        try_join_all(names.map(|name| upload(&storage, folder, name))).await?;
        let variables = names.map(|name| (name, variables(organization, name, endpoint))).into();
        let client = LambdaClient::new(&clients.root_of(hub));
        let functions = Self { client, variables, hub: hub.clone() };
        let policies = Policies::of(organization);
        let iam = aws_sdk_iam::Client::new(&clients.root_of(hub));
        let trust = policies.text("trust-lambda", &[])?;
        let mail = MailClient::new(&clients.root_of(hub));
        mail.create_email_identity().email_identity(SENDER).send().await?;
        for name in names {
            make_role(&iam, name, &trust, &policies.text(name, &[])?).await?;
            let platform = policies.text(PLATFORM, &[("function", name)])?;
            iam.put_role_policy().role_name(name).policy_name(PLATFORM).policy_document(platform).send().await?;
            functions.create(name, name, functions.variables(name)).await?;
        }
        make_role(&iam, SCHEDULE_ROLE, &policies.text("trust-schedule", &[])?, &policies.text("schedule", &[])?)
            .await?;
        Ok(functions)
    }

    /// The environment with which a function was installed.
    #[must_use]
    pub fn variables(&self, function: &str) -> Variables {
        self.variables.get(function).cloned().unwrap_or_default()
    }

    /// Creates a function under any name from one of the three, with its role and this environment.
    ///
    /// # Errors
    /// When Lambda refuses a call.
    pub async fn create(&self, name: &str, function: &str, variables: Variables) -> anyhow::Result<()> {
        let code = FunctionCode::builder().s3_bucket(STATE_BUCKET).s3_key(code_key(function)).build();
        let create = self.client.create_function().function_name(name).runtime(Runtime::from("provided.al2023"));
        let create = create.role(format!("arn:aws:iam::{}:role/{function}", self.hub)).handler("bootstrap").code(code);
        let environment = Environment::builder().set_variables(Some(variables.into_iter().collect())).build();
        create
            .environment(environment)
            .timeout(i32::try_from(TIMEOUT.as_secs())?)
            .memory_size(MEMORY_MEGABYTES)
            .send()
            .await?;
        self.set_retries(name, RETRIES).await
    }

    /// Gives an installed function another time-out and environment.
    ///
    /// # Errors
    /// When Lambda refuses the call.
    pub async fn configure(&self, name: &str, timeout: Duration, variables: Variables) -> anyhow::Result<()> {
        let environment = Environment::builder().set_variables(Some(variables.into_iter().collect())).build();
        let update = self.client.update_function_configuration().function_name(name).environment(environment);
        update.timeout(i32::try_from(timeout.as_secs())?).send().await?;
        Ok(())
    }

    /// Sets how often Lambda tries a failed event again.
    ///
    /// # Errors
    /// When Lambda refuses the call.
    pub async fn set_retries(&self, name: &str, retries: i32) -> anyhow::Result<()> {
        let invoke = self.client.put_function_event_invoke_config().function_name(name);
        invoke.maximum_retry_attempts(retries).send().await?;
        Ok(())
    }

    /// Invokes a function and waits for its answer.
    ///
    /// # Errors
    /// When Lambda refuses the call; what the function makes of the event is the answer.
    pub async fn invoke(&self, function: &str, event: &Value) -> anyhow::Result<Answer> {
        let payload = Blob::new(event.to_string());
        let invoke = self.client.invoke().function_name(function).invocation_type(InvocationType::RequestResponse);
        let answer = invoke.payload(payload).send().await?;
        let bytes = answer.payload().map(Blob::as_ref).unwrap_or_default();
        let payload = serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into());
        Ok(Answer { payload, failed: answer.function_error().is_some() })
    }
}

/// Puts a function's zip where Lambda takes it from: once, and unsigned, as hashing and encoding it take a debug build seconds.
async fn upload(storage: &StorageClient, folder: &Path, name: &str) -> anyhow::Result<()> {
    let zip = folder.join(format!("{name}.zip"));
    let code = std::fs::read(&zip).with_context(|| format!("cannot read {}", zip.display()))?;
    let put = storage.put_object().bucket(STATE_BUCKET).key(code_key(name)).body(code.into()).customize();
    put.disable_payload_signing().send().await?;
    Ok(())
}

fn code_key(function: &str) -> String {
    format!("functions/{function}.zip")
}

/// The environment with which a function is installed.
pub(crate) fn variables(organization: &Organization, function: &str, endpoint: &str) -> Variables {
    let excluded: Vec<_> = organization.excluded().map(AccountId::as_str).collect();
    let excluded = excluded.join(",");
    let list_role = format!("arn:aws:iam::{}:role/{ORGANIZATION_LIST_ROLE}", organization.management);
    let readers = format!("arn:aws:iam::*:role/{BREAK_GLASS_ROLE}");
    let own: &[(&str, &str)] = match function {
        ACCOUNT_INVENTORY => &[
            ("RUN_MODE", "enforce"),
            ("ROTATION_FUNCTION", KEY_ROTATION),
            ("ORG_LIST_ROLE_ARN", &list_role),
            ("EXCLUDE_ACCOUNTS", &excluded),
        ],
        KEY_ROTATION => &[
            ("RUN_MODE", "enforce"),
            ("MEMBER_ROLE_NAME", MEMBER_ROLE),
            ("MEMBER_ROLE_EXTERNAL_ID", EXTERNAL_ID),
            ("EXEMPTION_GROUP", &organization.exemption_group),
            ("SECURITY_EMAIL", &organization.security_email),
            ("EMAIL_DOMAINS", EMAIL_DOMAIN),
            ("SECRET_READERS", &readers),
            ("NOTIFICATION_FUNCTION", NOTIFICATION),
        ],
        _ => &[("TEMPLATE_BUCKET", STATE_BUCKET), ("SENDER_EMAIL", SENDER)],
    };
    let everywhere = [("STATE_BUCKET", STATE_BUCKET), ("AWS_ENDPOINT_URL", endpoint)];
    own.iter().copied().chain(everywhere).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What Lambda sets for a function besides its settings: the credentials of the role of its name, which the hub may assume, and what
/// names it.
pub(crate) async fn lambda_variables(clients: &Clients, hub: &AccountId, function: &str) -> anyhow::Result<Variables> {
    let assume = StsClient::new(&clients.root_of(hub)).assume_role().role_session_name(function);
    let session = assume.role_arn(format!("arn:aws:iam::{hub}:role/{function}")).send().await?;
    let credentials = session.credentials().context("a role without credentials")?;
    let lambda = [
        ("AWS_ACCESS_KEY_ID", credentials.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()),
        ("AWS_SESSION_TOKEN", credentials.session_token()),
        ("AWS_REGION", REGION),
        ("AWS_LAMBDA_FUNCTION_NAME", function),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ];
    Ok(lambda.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
