use serde_json::{Value, json};

/// Who besides the user may read the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyReaders<'a> {
    /// ARN patterns of the role that writes the secret: the role's own ARN, never a session's.
    pub writers: &'a [String],
    /// `SECRET_READERS`: ARN patterns of roles for break-glass, External Secrets Operator, CI.
    pub others: &'a [String],
}

/// The resource policy of a user's secret, as JSON text.
///
/// It allows the one user to read, and denies `GetSecretValue` to everybody but that user, the role that writes and the named readers.
/// Only reading is denied, so administrators can always repair the policy. `NotPrincipal` and session ARNs lock people out
/// (IAM user guide, "NotPrincipal"), so neither is used.
#[must_use]
pub fn resource_policy(user_arn: &str, readers: &PolicyReaders<'_>) -> String {
    let mut exempted = vec![user_arn];
    exempted.extend(readers.writers.iter().chain(readers.others).map(String::as_str));
    let policy: Value = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TheUserReads",
                "Effect": "Allow",
                "Principal": { "AWS": user_arn },
                "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                "Resource": "*"
            },
            {
                "Sid": "NobodyElseReads",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "*",
                "Condition": {
                    "ArnNotLike": { "aws:PrincipalArn": exempted },
                    "BoolIfExists": { "aws:PrincipalIsAWSService": "false" }
                }
            }
        ]
    });
    policy.to_string()
}
