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

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::111122223333:user/apps/alice";
    const WRITER: &str = "arn:aws:iam::111122223333:role/keywheel-member";
    const BREAK_GLASS: &str = "arn:aws:iam::111122223333:role/break-glass-*";

    #[test]
    fn the_policy_has_exactly_these_two_statements() {
        let (writers, others) = ([WRITER.to_owned()], [BREAK_GLASS.to_owned()]);
        let policy = resource_policy(USER, &PolicyReaders { writers: &writers, others: &others });
        let expected = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "TheUserReads", "Effect": "Allow", "Principal": {"AWS": USER}, "Resource": "*",
             "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]},
            {"Sid": "NobodyElseReads", "Effect": "Deny", "Principal": "*", "Resource": "*",
             "Action": "secretsmanager:GetSecretValue",
             "Condition": {"ArnNotLike": {"aws:PrincipalArn": [USER, WRITER, BREAK_GLASS]},
                           "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}
        ]});
        assert_eq!(serde_json::from_str::<Value>(&policy).unwrap(), expected);
    }

    #[test]
    fn nothing_in_it_locks_people_out() {
        let (writers, others) = ([WRITER.to_owned()], []);
        let policy = resource_policy(USER, &PolicyReaders { writers: &writers, others: &others });
        for forbidden in ["NotPrincipal", ":assumed-role/", "PutResourcePolicy", "secretsmanager:*", "NotAction"] {
            assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
        }
    }

    #[test]
    fn hostile_text_in_an_arn_stays_text() {
        let arn = "arn:aws:iam::111122223333:user/\"},{\"Effect\":\"Allow/alice";
        let policy = resource_policy(arn, &PolicyReaders { writers: &[], others: &[] });
        let policy: Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(2));
        assert_eq!(policy["Statement"][0]["Principal"]["AWS"], arn);
    }
}
