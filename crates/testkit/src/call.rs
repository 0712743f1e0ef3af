//! Calls to the ports, and the ways in which they fail.

use keywheel_core::Timestamp;
use keywheel_engine::ports::{ErrorKind, PortError};

macro_rules! operations {
    ($($name:ident = $text:literal,)+) => {
        /// What is called.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the calls' own names")]
        pub enum Operation { $($name,)+ }

        impl Operation {
            /// The call's name in errors.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Operation::$name => $text,)+ }
            }
        }
    };
}

operations! {
    ListUsers = "iam:ListUsers",
    GetUser = "iam:GetUser",
    ListAccessKeys = "iam:ListAccessKeys",
    GetAccessKeyLastUsed = "iam:GetAccessKeyLastUsed",
    GetGroup = "iam:GetGroup",
    GenerateCredentialReport = "iam:GenerateCredentialReport",
    GetCredentialReport = "iam:GetCredentialReport",
    CreateAccessKey = "iam:CreateAccessKey",
    UpdateAccessKey = "iam:UpdateAccessKey",
    DeleteAccessKey = "iam:DeleteAccessKey",
    DescribeSecret = "secretsmanager:DescribeSecret",
    ReadPreviousKey = "secretsmanager:GetSecretValue",
    ReadPair = "secretsmanager:GetSecretValue",
    CreateSecret = "secretsmanager:CreateSecret",
    GetPolicy = "secretsmanager:GetResourcePolicy",
    PutPolicy = "secretsmanager:PutResourcePolicy",
    PutPending = "secretsmanager:PutSecretValue",
    ScheduleDeletion = "secretsmanager:DeleteSecret",
    ScheduleFormerDeletion = "secretsmanager:DeleteSecret",
    Replicate = "secretsmanager:ReplicateSecretToRegions",
    MoveCurrent = "secretsmanager:UpdateSecretVersionStage",
    RemoveLabel = "secretsmanager:UpdateSecretVersionStage",
    ReadParameterList = "s3:GetObject",
    FindParameter = "ssm:GetParameter",
    CreateParameter = "ssm:PutParameter",
    OverwriteParameter = "ssm:PutParameter",
    DeleteParameter = "ssm:DeleteParameter",
    ListAcknowledgements = "s3:ListBucket",
    ReadAcknowledgement = "s3:GetObject",
    ForgetHosts = "s3:DeleteObject",
    Prove = "sts:GetCallerIdentity",
    LoadLedger = "s3:GetObject",
    SaveLedger = "s3:PutObject",
    FindNotices = "s3:GetObject",
    RecordNotice = "s3:PutObject",
}

impl Operation {
    /// Whether the call changes IAM, Secrets Manager or Parameter Store.
    #[must_use]
    pub fn is_change(self) -> bool {
        use Operation::{
            CreateAccessKey, CreateParameter, CreateSecret, DeleteAccessKey, DeleteParameter, ForgetHosts, MoveCurrent,
            OverwriteParameter, PutPending, PutPolicy, RemoveLabel, Replicate, ScheduleDeletion,
            ScheduleFormerDeletion, UpdateAccessKey,
        };
        matches!(
            self,
            CreateAccessKey
                | UpdateAccessKey
                | DeleteAccessKey
                | CreateSecret
                | CreateParameter
                | OverwriteParameter
                | DeleteParameter
                | ForgetHosts
                | PutPolicy
                | PutPending
                | Replicate
                | ScheduleDeletion
                | ScheduleFormerDeletion
                | MoveCurrent
                | RemoveLabel
        )
    }

    /// Whether the call writes anything anywhere.
    #[must_use]
    pub fn is_write(self) -> bool {
        self.is_change() || matches!(self, Operation::SaveLedger | Operation::RecordNotice)
    }
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it began.
    pub at: Timestamp,
    /// What was called.
    pub operation: Operation,
    /// On what: a user, a user and a key, a secret and a label.
    pub subject: String,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// AWS refuses it for lack of permission.
    Denied,
    /// AWS refuses it for the rate.
    Throttled,
    /// AWS refuses it for the state of things.
    Refused,
    /// The request never arrives.
    LostBefore,
    /// It takes effect, and the answer is lost.
    LostAfter,
    /// It takes effect, the answer is lost, and the repetition is refused: a conditional write then says 412.
    ConflictAfter,
    /// The process dies before the call.
    Death,
}

impl Fault {
    /// Every fault.
    pub const ALL: &[Fault] = &[
        Fault::Denied,
        Fault::Throttled,
        Fault::Refused,
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::ConflictAfter,
        Fault::Death,
    ];

    pub(crate) fn takes_effect(self) -> bool {
        matches!(self, Fault::LostAfter | Fault::ConflictAfter)
    }

    pub(crate) fn error(self, operation: Operation) -> PortError {
        let kind = match self {
            // It is sent once, so that no repetition of it is refused.
            Fault::ConflictAfter if operation == Operation::CreateAccessKey => ErrorKind::Unanswered,
            Fault::Denied => ErrorKind::Denied,
            Fault::Throttled => ErrorKind::Throttled,
            Fault::Refused | Fault::ConflictAfter => ErrorKind::Conflict,
            Fault::LostBefore | Fault::LostAfter | Fault::Death => ErrorKind::Unanswered,
        };
        error(operation, kind, &format!("{self:?}, as the test wants it"))
    }
}

/// An error as a port gives it.
pub(crate) fn error(operation: Operation, kind: ErrorKind, message: &str) -> PortError {
    PortError { operation: operation.name(), kind, message: message.to_owned() }
}

/// Which call fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// The n-th call of all, counted from 0.
    Any(usize),
    /// The n-th call of its kind, counted from 0.
    Of(Operation, usize),
    /// Every call of its kind.
    Every(Operation),
}
