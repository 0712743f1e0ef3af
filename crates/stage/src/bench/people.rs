//! The users of an account that is measured: alike, with a key each, made all at once.

use std::collections::HashMap;

use jiff::Timestamp;
use keywheel_core::id::AccountId;
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::case::days_before;
use crate::clients::REGION;
use crate::operation::{Operation, field};
use crate::wire::Message;

/// When all keys were made and last used, in days before now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ages {
    pub(super) made: f64,
    pub(super) used: f64,
}

/// Nothing is due, and nothing will be for weeks.
pub(super) const YOUNG: Ages = Ages { made: 30.5, used: 1.5 };
/// A replacement is due.
pub(super) const DUE: Ages = Ages { made: 95.5, used: 1.5 };

/// The users of one account.
#[derive(Clone, Debug)]
pub(super) struct People {
    account: AccountId,
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    by_key: HashMap<String, usize>,
    made: String,
    used: String,
}

impl People {
    /// So many users of an account, which are not made yet.
    pub(super) fn of(account: &AccountId, count: usize, ages: Ages) -> Self {
        let names: Vec<_> = (0..count).map(|number| format!("user-{number:05}")).collect();
        let by_name = names.iter().enumerate().map(|(number, name)| (name.clone(), number)).collect();
        let by_key = (0..count).map(|number| (key_id(account, number), number)).collect();
        let date = |days| days_before(Timestamp::now(), days).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { account: account.clone(), names, by_name, by_key, made: date(ages.made), used: date(ages.used) }
    }

    /// Makes them in the emulator.
    pub(super) async fn make(&self, admin: &Admin) -> anyhow::Result<()> {
        let numbered = || self.names.iter().enumerate();
        let users: Vec<_> = numbered().map(|(number, name)| self.user(number, name)).collect();
        let keys: Vec<_> = numbered().map(|(number, name)| self.key(number, name)).collect();
        let used = json!({ "LastUsedDate": self.used, "Region": REGION, "ServiceName": "s3" });
        let last_uses: HashMap<_, _> =
            numbered().map(|(number, _)| (key_id(&self.account, number), used.clone())).collect();
        let body = json!({ "account": self.account, "users": users, "keys": keys, "last_uses": last_uses });
        admin.post("users", body).await
    }

    /// What IAM answers to the two calls that a full sweep makes for each user; the emulator is too slow for thousands of them.
    pub(super) fn answer(&self, operation: &Operation, request: &Message) -> Option<Message> {
        let body = String::from_utf8_lossy(request.body());
        let result = match operation.name.as_str() {
            "ListAccessKeys" => {
                let name = field(&body, "UserName")?;
                let key = key_id(&self.account, *self.by_name.get(&name)?);
                format!(
                    "<AccessKeyMetadata><member><AccessKeyId>{key}</AccessKeyId><Status>Active</Status><UserName>{name}</UserName>\
                     <CreateDate>{}</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>",
                    self.made
                )
            }
            "GetAccessKeyLastUsed" => {
                let name = &self.names[*self.by_key.get(&field(&body, "AccessKeyId")?)?];
                format!(
                    "<UserName>{name}</UserName><AccessKeyLastUsed><LastUsedDate>{}</LastUsedDate><Region>{REGION}</Region>\
                     <ServiceName>s3</ServiceName></AccessKeyLastUsed>",
                    self.used
                )
            }
            _ => return None,
        };
        let name = &operation.name;
        let text = format!(
            "<{name}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{name}Result>{result}</{name}Result>\
             <ResponseMetadata><RequestId>benchmark</RequestId></ResponseMetadata></{name}Response>"
        );
        Some(Message::answer("200 OK", &[("Content-Type", "text/xml")], text.as_bytes()))
    }

    /// A user as the emulator's table holds it.
    fn user(&self, number: usize, name: &str) -> Value {
        let account = &self.account;
        json!({
            "UserName": name,
            "UserId": format!("AIDA{account}{number:05}"),
            "Arn": format!("arn:aws:iam::{account}:user/{name}"),
            "Path": "/",
            "CreateDate": self.made,
            "PermissionsBoundary": null,
            "AttachedPolicies": [],
            "Tags": [],
        })
    }

    /// A key as the emulator's table holds it; nobody has its secret half.
    fn key(&self, number: usize, name: &str) -> Value {
        json!({
            "UserName": name,
            "AccessKeyId": key_id(&self.account, number),
            "SecretAccessKey": "none",
            "Status": "Active",
            "CreateDate": self.made,
        })
    }
}

fn key_id(account: &AccountId, number: usize) -> String {
    format!("AKIA{account}{number:04}")
}
