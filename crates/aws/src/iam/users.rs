use std::collections::HashSet;

use aws_sdk_iam::types::{AttachedPolicy, EntityType, Tag};
use keywheel_core::id::UserName;
use keywheel_engine::ports::{IamUser, PortError};

use super::{AwsIam, PAGE};
use crate::error::{bad_answer, port_error};
use crate::pages::Pages;

const GET_USER: &str = "iam:GetUser";
const LIST: &str = "iam:GetAccountAuthorizationDetails";

/// How the ARN of a policy goes on after its partition with which AWS quarantines users; AWS has made three of them so far, each with a
/// number of its own (AWS managed policy reference, "AWSCompromisedKeyQuarantineV3").
const QUARANTINE: &str = ":iam::aws:policy/AWSCompromisedKeyQuarantine";

/// Every user with tags. ListUsers brings no tags (IAM API, ListUsers), this call does.
///
/// A user that stands on two pages, because users came or went in between, counts once.
pub(super) async fn each_user(iam: &AwsIam, mut seen: impl FnMut(IamUser) + Send) -> Result<(), PortError> {
    let mut known = HashSet::new();
    let mut pages = Pages::of(LIST);
    while pages.more() {
        let page = iam.pace.with(|| async {
            let request = iam.client.get_account_authorization_details().filter(EntityType::User).max_items(PAGE);
            request.set_marker(pages.token()).send().await.map_err(|error| port_error(LIST, &error))
        });
        let page = page.await?;
        pages.answered_where_truncated(page.is_truncated, page.marker)?;
        for user in page.user_detail_list.unwrap_or_default() {
            let quarantine = quarantine(user.attached_managed_policies.as_deref().unwrap_or_default());
            let user = iam_user(LIST, user.user_name, user.user_id, user.arn, user.tags)?;
            if known.insert(user.name.clone()) {
                seen(IamUser { quarantine, ..user });
            }
        }
    }
    Ok(())
}

pub(super) async fn one_user(iam: &AwsIam, name: &UserName) -> Result<IamUser, PortError> {
    let answer = iam.pace.with(|| async {
        iam.client.get_user().user_name(name.as_str()).send().await.map_err(|error| port_error(GET_USER, &error))
    });
    let answer = answer.await?;
    let user = answer.user.ok_or_else(|| bad_answer(GET_USER, format_args!("no user came for {name}")))?;
    iam_user(GET_USER, Some(user.user_name), Some(user.user_id), Some(user.arn), user.tags)
}

/// The name of AWS's own policy of quarantine, where it is attached. A policy of the account's that has such a name is not AWS's word.
fn quarantine(attached: &[AttachedPolicy]) -> Option<String> {
    let arns = attached.iter().filter_map(|policy| policy.policy_arn.as_deref());
    let name = arns.filter(|arn| arn.contains(QUARANTINE)).find_map(|arn| arn.rsplit_once('/'));
    name.map(|(_, name)| name.to_owned())
}

fn iam_user(
    operation: &'static str,
    name: Option<String>,
    id: Option<String>,
    arn: Option<String>,
    tags: Option<Vec<Tag>>,
) -> Result<IamUser, PortError> {
    let name = name.unwrap_or_default();
    let of_user = |what: &dyn std::fmt::Display| bad_answer(operation, format_args!("user {name:?}: {what}"));
    let arn = arn.filter(|arn| arn.starts_with("arn:")).ok_or_else(|| of_user(&"it has no ARN"))?;
    Ok(IamUser {
        user_id: id.unwrap_or_default().parse().map_err(|error| of_user(&error))?,
        arn,
        tags: tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
        name: name.parse().map_err(|error| of_user(&error))?,
        quarantine: None,
    })
}

#[cfg(test)]
mod tests {
    use keywheel_engine::ports::UserAudit;

    use crate::AwsIam;
    use crate::wire::{Answer, Wire, xml};

    fn page(names: &[&str], rest: &str) -> Answer {
        let member = |name: &&str| {
            format!(
                "<member><UserName>{name}</UserName><UserId>AIDA0000000000{name}</UserId>\
                 <Arn>arn:aws:iam::111122223333:user/{name}</Arn></member>"
            )
        };
        let members: String = names.iter().map(member).collect();
        xml("GetAccountAuthorizationDetails", &format!("<UserDetailList>{members}</UserDetailList>{rest}"))
    }

    #[tokio::test]
    async fn an_empty_page_with_a_marker_is_not_the_end_and_a_user_on_two_pages_counts_once() {
        let wire = Wire::new(|number, _| match number {
            0 => page(&["alice"], "<IsTruncated>true</IsTruncated><Marker>one</Marker>"),
            1 => page(&[], "<IsTruncated>true</IsTruncated><Marker>two</Marker>"),
            _ => page(&["alice", "bobby"], "<IsTruncated>false</IsTruncated>"),
        });
        let users = AwsIam::new(&wire.config()).users().await.unwrap();
        assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["alice", "bobby"]);
        let bodies: Vec<_> = wire.sent().into_iter().map(|sent| sent.body).collect();
        assert!(!bodies[0].contains("Marker") && bodies[1].contains("Marker=one") && bodies[2].contains("Marker=two"));
    }

    #[tokio::test]
    async fn a_quarantine_is_told_by_awss_own_policy_alone() {
        let policy = |arn: &str| format!("<member><PolicyName>x</PolicyName><PolicyArn>{arn}</PolicyArn></member>");
        let user = |name: &str, arns: &[&str]| {
            let policies: String = arns.iter().map(|arn| policy(arn)).collect();
            format!(
                "<member><UserName>{name}</UserName><UserId>AIDA0000000000{name}</UserId><Arn>arn:aws:iam::111122223333:user/{name}</Arn>\
                 <AttachedManagedPolicies>{policies}</AttachedManagedPolicies></member>"
            )
        };
        let users = [
            user(
                "alice",
                &["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"],
            ),
            user("bobby", &["arn:aws-cn:iam::aws:policy/AWSCompromisedKeyQuarantine"]),
            user("carol", &["arn:aws:iam::111122223333:policy/AWSCompromisedKeyQuarantineV2"]),
            user("david", &[]),
        ];
        let list = format!("<UserDetailList>{}</UserDetailList><IsTruncated>false</IsTruncated>", users.concat());
        let wire = Wire::new(move |_, _| xml("GetAccountAuthorizationDetails", &list));
        let users = AwsIam::new(&wire.config()).users().await.unwrap();
        let found: Vec<_> = users.iter().map(|user| user.quarantine.as_deref()).collect();
        assert_eq!(found, [Some("AWSCompromisedKeyQuarantineV3"), Some("AWSCompromisedKeyQuarantine"), None, None]);
    }

    #[tokio::test]
    async fn half_a_list_is_an_error() {
        let repeated = Wire::new(|_, _| page(&["alice"], "<IsTruncated>true</IsTruncated><Marker>one</Marker>"));
        let error = AwsIam::new(&repeated.config()).users().await.unwrap_err();
        assert!(error.to_string().contains("a second time"), "{error}");
        assert_eq!(repeated.sent().len(), 2);

        let without = Wire::new(|_, _| page(&["alice"], "<IsTruncated>true</IsTruncated>"));
        let error = AwsIam::new(&without.config()).users().await.unwrap_err();
        assert!(error.to_string().contains("no marker"), "{error}");
    }

    #[tokio::test]
    async fn a_user_name_that_cannot_be_is_an_error_that_names_it() {
        let wire = Wire::new(|_, _| page(&["al ice"], "<IsTruncated>false</IsTruncated>"));
        let error = AwsIam::new(&wire.config()).users().await.unwrap_err();
        assert!(error.to_string().contains("al ice"), "{error}");
    }
}
