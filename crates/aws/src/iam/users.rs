use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{EntityType, Tag};
use keywheel_core::id::UserName;
use keywheel_engine::ports::{IamUser, PortError};

use super::PAGE;
use crate::error::{bad_answer, port_error};
use crate::pages::Pages;

const GET_USER: &str = "iam:GetUser";
const LIST: &str = "iam:GetAccountAuthorizationDetails";

/// Every user with tags. ListUsers brings no tags (IAM API, ListUsers), this call does.
///
/// A user that stands on two pages, because users came or went in between, counts once.
pub(super) async fn every_user(client: &Client) -> Result<Vec<IamUser>, PortError> {
    let mut users = BTreeMap::new();
    let mut pages = Pages::of(LIST);
    while pages.more() {
        let request = client.get_account_authorization_details().filter(EntityType::User).max_items(PAGE);
        let page = request.set_marker(pages.token()).send().await.map_err(|error| port_error(LIST, &error))?;
        pages.answered_by_iam(page.is_truncated, page.marker)?;
        for user in page.user_detail_list.unwrap_or_default() {
            let user = iam_user(LIST, user.user_name, user.user_id, user.arn, user.tags)?;
            users.insert(user.name.clone(), user);
        }
    }
    Ok(users.into_values().collect())
}

pub(super) async fn one_user(client: &Client, name: &UserName) -> Result<IamUser, PortError> {
    let answer =
        client.get_user().user_name(name.as_str()).send().await.map_err(|error| port_error(GET_USER, &error))?;
    let user = answer.user.ok_or_else(|| bad_answer(GET_USER, format_args!("no user came for {name}")))?;
    iam_user(GET_USER, Some(user.user_name), Some(user.user_id), Some(user.arn), user.tags)
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
    })
}
