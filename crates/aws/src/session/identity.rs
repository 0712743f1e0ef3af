use keywheel_core::id::{AccountId, Partition};

/// Who calls, as GetCallerIdentity names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
    arn: String,
}

impl Caller {
    pub(super) fn of(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (partition, account) = match (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?) {
            ("arn", partition, "iam" | "sts", "", account) => (partition.parse().ok()?, account.parse().ok()?),
            _ => return None,
        };
        parts.next().filter(|resource| !resource.is_empty())?;
        Some(Self { partition, account, arn: arn.to_owned() })
    }

    fn resource(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or_default()
    }
}

/// ARN patterns that match the caller in `aws:PrincipalArn`.
///
/// For a role's session that key holds the role's ARN (IAM user guide, "aws:PrincipalArn"). The session's ARN lacks the role's path, so
/// both a role without a path and one with any path are matched; names of roles are unique in an account whatever their path.
pub(super) fn writers(caller: &Caller) -> Vec<String> {
    let Some(session) = caller.resource().strip_prefix("assumed-role/") else {
        return vec![caller.arn.clone()];
    };
    let name = session.split('/').next().unwrap_or_default();
    let roles = format!("arn:{}:iam::{}:role", caller.partition, caller.account);
    vec![format!("{roles}/{name}"), format!("{roles}/*/{name}")]
}

/// The partition and account of a role's ARN.
pub(super) fn account_of_role(role_arn: &str) -> Option<(Partition, AccountId)> {
    let caller = Caller::of(role_arn)?;
    let is_role = caller.resource().starts_with("role/") && role_arn.split(':').nth(2) == Some("iam");
    is_role.then_some((caller.partition, caller.account))
}

/// The partition that a region belongs to (AWS general reference, "Amazon Resource Names": partitions).
#[must_use]
pub(super) fn partition_of_region(region: &str) -> &'static str {
    const BY_PREFIX: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    BY_PREFIX.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writers_of(arn: &str) -> Vec<String> {
        writers(&Caller::of(arn).unwrap())
    }

    #[test]
    fn a_session_writes_in_the_name_of_its_role_whatever_the_roles_path() {
        assert_eq!(
            writers_of("arn:aws:sts::111122223333:assumed-role/keywheel-hub/keywheel-run-1"),
            ["arn:aws:iam::111122223333:role/keywheel-hub", "arn:aws:iam::111122223333:role/*/keywheel-hub"]
        );
    }

    #[test]
    fn a_user_writes_in_its_own_name() {
        assert_eq!(
            writers_of("arn:aws-cn:iam::111122223333:user/ops/alice"),
            ["arn:aws-cn:iam::111122223333:user/ops/alice"]
        );
    }

    #[test]
    fn a_text_that_is_no_roles_arn_is_not_taken_for_one() {
        for text in [
            "",
            "keywheel-member",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:sts::111122223333:assumed-role/a/b",
            "arn:aws:iam::1111:role/a",
            "arn:aws:iam::111122223333",
        ] {
            assert_eq!(account_of_role(text), None, "{text}");
        }
        let (partition, account) = account_of_role("arn:aws-us-gov:iam::111122223333:role/path/a").unwrap();
        assert_eq!((partition.as_str(), account.as_str()), ("aws-us-gov", "111122223333"));
    }

    #[test]
    fn a_region_names_its_partition() {
        for (region, partition) in [
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of_region(region), partition, "{region}");
        }
    }
}
