//! In whose name a verb calls AWS: whoever is signed in, and in other accounts a role.
//!
//! `let hub = Hub::open(&arguments.aws, "plan").await?` signs in with one call to STS; `hub.member(&account, &role).await` is a session in
//! an account. A member's failure is a text without the account's id first, so that equal ones can be told together.

use jiff::Timestamp;
use keywheel_aws::{SdkConfig, Session, SessionFailed, session_name};
use keywheel_core::id::{AccountId, RunId};
use keywheel_engine::deployment::MemberRole;
use keywheel_engine::ports::ErrorKind;

use crate::aws::AwsArguments;
use crate::exit::failed;

/// Whoever is signed in.
pub(crate) struct Hub {
    /// What every client shares.
    pub(crate) config: SdkConfig,
    /// The own session, in the account that one is signed in to.
    pub(crate) own: Session,
    /// Names this call of the verb in the sessions of roles, and so in CloudTrail: `<verb>-20261120T020007Z`.
    pub(crate) run: RunId,
}

impl Hub {
    /// Signs in.
    pub(crate) async fn open(aws: &AwsArguments, verb: &str) -> anyhow::Result<Self> {
        let config = aws.load().await?;
        let own = Session::own(&config).await.map_err(|error| not_signed_in(&error, aws))?;
        let run = format!("{verb}-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ")).parse()?;
        Ok(Self { config, own, run })
    }

    /// The region that is called.
    pub(crate) fn region(&self) -> String {
        self.config.region().map(ToString::to_string).unwrap_or_default()
    }

    /// A session in an account: the role's, but in the own account one's own.
    pub(crate) async fn member(&self, account: &AccountId, role: &MemberRole) -> Result<Session, String> {
        if *account == self.own.account {
            return Ok(self.own.clone());
        }
        Session::of_member(&self.config, account, role, &self.run).await.map_err(|error| unassumed(&error))
    }

    /// A session of any role, such as the one that lists the organization.
    pub(crate) async fn of_role(&self, role_arn: &str) -> Result<Session, String> {
        let session = Session::of_role(&self.config, role_arn, None, &session_name(&self.run)).await;
        session.map_err(|error| unassumed(&error))
    }
}

/// The session's own texts speak of functions and of nights.
fn unassumed(error: &SessionFailed) -> String {
    match (error.role_arn(), error.cause()) {
        (Some(role_arn), Some(cause)) => format!("role {role_arn} cannot be assumed: {cause}"),
        _ => error.to_string(),
    }
}

/// What the SDK says where no way of signing in brought anything; it then goes on to list them all.
const NO_CREDENTIALS: &str = "no credentials found in chain";

fn not_signed_in(error: &SessionFailed, aws: &AwsArguments) -> anyhow::Error {
    let hint = "sign in with `aws sso login --profile NAME` and give --profile NAME, or set AWS_PROFILE";
    let cause = error.cause().map_or_else(|| error.to_string(), ToString::to_string);
    if cause.contains(NO_CREDENTIALS) {
        let where_none_are = aws.profile().map_or_else(
            || "there are no credentials, neither in the environment nor in a profile".to_owned(),
            |profile| format!("profile {profile} is not there, or has no credentials"),
        );
        return failed(format!("AWS does not know who is calling: {where_none_are}"), hint);
    }
    let is_unreached = error.cause().is_some_and(|cause| cause.kind == ErrorKind::Unanswered);
    if is_unreached && !cause.to_lowercase().contains("credential") {
        let hint = "see --region, --endpoint-url (AWS_ENDPOINT_URL), and whether this machine reaches AWS, through its proxy where it has one";
        return failed(format!("AWS cannot be reached: {cause}"), hint);
    }
    failed(format!("AWS does not know who is calling: {cause}"), hint)
}
