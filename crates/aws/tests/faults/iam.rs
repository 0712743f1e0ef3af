//! IAM and STS of the account, over the query protocol.

use jiff::{SignedDuration, Timestamp};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey};
use keywheel_core::time::plus;
use keywheel_engine::ports::{CreateFailed, ErrorKind, Iam, IamUser, PortError, ReportFile, UserAudit};
use keywheel_testkit::{Account, User, World};

use crate::answer::{Answer, escaped};
use crate::request::{Request, SESSION_KEY};

/// IAM's answer.
pub(crate) async fn iam(world: &World, request: &Request) -> Answer {
    let asked = |name: &str| request.needed(name);
    let user = || -> UserName { asked("UserName").parse().unwrap() };
    let key = || -> AccessKeyId { asked("AccessKeyId").parse().unwrap() };
    let result = match request.operation.as_str() {
        "GetAccountAuthorizationDetails" => world.users().await.map(|users| list("UserDetailList", &users, told_user)),
        "GenerateCredentialReport" => world
            .generate_credential_report()
            .await
            .map(|is_ready| format!("<State>{}</State>", if is_ready { "COMPLETE" } else { "STARTED" })),
        "GetCredentialReport" => world.credential_report().await.map(|file| told_report(&file)),
        "GetUser" => world.user(&user()).await.map(|user| format!("<User>{}</User>", told_user(&user))),
        "ListAccessKeys" => world.access_keys(&user()).await.map(|keys| list("AccessKeyMetadata", &keys, told_key)),
        "GetAccessKeyLastUsed" => last_used(&world.last_used(&key()).await),
        "CreateAccessKey" => created(world, &user()).await,
        "UpdateAccessKey" => {
            let status = if asked("Status") == "Active" { KeyStatus::Active } else { KeyStatus::Inactive };
            world.update_access_key(&user(), &key(), status).await.map(|()| String::new())
        }
        "DeleteAccessKey" => world.delete_access_key(&user(), &key()).await.map(|()| String::new()),
        other => panic!("no adapter calls iam:{other}"),
    };
    match result {
        Ok(result) => Answer::xml(&request.operation, &result),
        Err(refused) => Answer::refusal("iam", &refused),
    }
}

fn told_report(file: &ReportFile) -> String {
    let ReportFile::Ready { generated, text } = file else { panic!("the model's reports are ready at once") };
    let content = aws_smithy_types::base64::encode(text);
    let generated = whole_seconds(*generated);
    format!(
        "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{generated}</GeneratedTime>"
    )
}

fn list<T>(name: &str, items: &[T], told: fn(&T) -> String) -> String {
    let members: Vec<_> = items.iter().map(|item| format!("<member>{}</member>", told(item))).collect();
    format!("<{name}>{}</{name}><IsTruncated>false</IsTruncated>", members.concat())
}

fn told_user(user: &IamUser) -> String {
    let tag = |(key, value): (&String, &String)| {
        format!("<member><Key>{}</Key><Value>{}</Value></member>", escaped(key), escaped(value))
    };
    let tags: String = user.tags.iter().map(tag).collect();
    let policy = |name: &String| {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        format!("<member><PolicyName>{name}</PolicyName><PolicyArn>{arn}</PolicyArn></member>")
    };
    let IamUser { name, user_id, arn, quarantine, .. } = user;
    let policies: String = quarantine.iter().map(policy).collect();
    format!(
        "<Path>/</Path><UserName>{name}</UserName><UserId>{user_id}</UserId><Arn>{arn}</Arn>\
         <CreateDate>2020-01-01T00:00:00Z</CreateDate><Tags>{tags}</Tags>\
         <AttachedManagedPolicies>{policies}</AttachedManagedPolicies>"
    )
}

fn told_key(key: &ObservedKey) -> String {
    let status = if key.status == KeyStatus::Active { "Active" } else { "Inactive" };
    let (id, created) = (&key.id, whole_seconds(key.created));
    format!("<AccessKeyId>{id}</AccessKeyId><Status>{status}</Status><CreateDate>{created}</CreateDate>")
}

/// IAM's dates are whole seconds.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap()
}

fn last_used(used: &LastUsed) -> Result<String, PortError> {
    let (date, service, region) = match used {
        LastUsed::At(used) => {
            let date = format!("<LastUsedDate>{}</LastUsedDate>", whole_seconds(used.at));
            (date, used.service.as_str(), used.region.as_str())
        }
        LastUsed::Never => (String::new(), "N/A", "N/A"),
        LastUsed::Unknown { error } => {
            let message = format!("NoSuchEntity: {error}");
            return Err(PortError { operation: "iam:GetAccessKeyLastUsed", kind: ErrorKind::NotFound, message });
        }
    };
    let told = format!("{date}<ServiceName>{service}</ServiceName><Region>{region}</Region>");
    Ok(format!("<AccessKeyLastUsed>{told}</AccessKeyLastUsed>"))
}

async fn created(world: &World, user: &UserName) -> Result<String, PortError> {
    let pair = world.create_access_key(user).await.map_err(|failed| match failed {
        CreateFailed::Refused(error) | CreateFailed::Unanswered(error) => error,
    })?;
    let half = secrecy::ExposeSecret::expose_secret(&pair.secret);
    let (id, created) = (&pair.id, pair.created);
    Ok(format!(
        "<AccessKey><UserName>{user}</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{half}</SecretAccessKey><CreateDate>{created}</CreateDate></AccessKey>"
    ))
}

/// The answer of STS.
pub(crate) fn sts(world: &World, request: &Request) -> Answer {
    let mut account = world.account();
    if request.operation == "AssumeRole" {
        return assumed(&account);
    }
    assert_eq!(request.operation, "GetCallerIdentity");
    let Some(arn) = signer(&account, request).map(|user| user.arn.clone()) else {
        let text = "The security token included in the request is invalid.";
        return Answer::error("sts", 403, "InvalidClientTokenId", text);
    };
    note_use(&mut account, request);
    Answer::xml("GetCallerIdentity", &format!("<Arn>{arn}</Arn><UserId>AIDA</UserId><Account>{}</Account>", account.id))
}

fn assumed(account: &Account) -> Answer {
    let expires = whole_seconds(plus(account.now, SignedDuration::from_hours(1)));
    let credentials = format!(
        "<Credentials><AccessKeyId>{SESSION_KEY}</AccessKeyId><SecretAccessKey>role-half</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>{expires}</Expiration></Credentials>"
    );
    Answer::xml("AssumeRole", &credentials)
}

/// The user whose key signed the request, if the key works.
pub(crate) fn signer<'a>(account: &'a Account, request: &Request) -> Option<&'a User> {
    let id: AccessKeyId = request.signer.parse().ok()?;
    let works = |user: &&User| {
        let key = user.key(&id).filter(|key| key.is_active());
        key.is_some_and(|key| plus(key.created, account.behaviour.works_after) <= account.now)
    };
    account.users.values().find(works)
}

fn note_use(account: &mut Account, request: &Request) {
    let name = signer(account, request).map(|user| user.name.to_string());
    if let (Some(name), Ok(key)) = (name, request.signer.parse()) {
        let now = account.now;
        account.use_key(&name, &key, now);
    }
}
