//! What the roles must not do, tried with the credentials of each.

use std::collections::BTreeMap;
use std::fmt::Debug;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::Client as LambdaClient;
use aws_sdk_organizations::Client as OrganizationsClient;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_sesv2::Client as MailClient;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

use super::session;
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::policies::{EXTERNAL_ID, MEMBER_ROLE, ORGANIZATION_LIST_ROLE, SENDER, STATE_BUCKET};
use crate::seed::SeededUser;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// For whom new pairs may be encrypted.
const RECIPIENTS: &str = "keywheel/recipients.json";
const PARAMETERS: &str = "keywheel/parameters.json";
/// A secret that is none of the users'.
const FOREIGN_SECRET: &str = "payroll";
/// An identity from which notification must not send.
const OTHER_SENDER: &str = "billing@example.com";
const ANYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Tries each.
pub(super) async fn check(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let user = stage.seeded.users.first().context("there is no user")?;
    prepare(stage, user).await?;
    let mut tried = Tried::default();
    let session = session::of_member(stage, &user.account).await?;
    member(&mut tried, &session, user).await;
    let session = session::of_hub(stage, KEY_ROTATION).await?;
    key_rotation(&mut tried, &session, stage, user).await;
    let session = session::of_hub(stage, NOTIFICATION).await?;
    notification(&mut tried, &session, user).await?;
    let session = session::of_hub(stage, ACCOUNT_INVENTORY).await?;
    account_inventory(&mut tried, &session, user).await;
    let management = &stage.organization.management;
    let session = session::assume(stage, &session, management, ORGANIZATION_LIST_ROLE, None).await?;
    organization_list(&mut tried, &session, user).await;
    for (name, wrong) in tried.outcomes {
        checks.none(&format!("{name} is refused"), wrong);
    }
    Ok(())
}

/// Makes what a role could get at, so that nothing is refused for want of it.
async fn prepare(stage: &Stage, user: &SeededUser) -> anyhow::Result<()> {
    let secrets = SecretsClient::new(&stage.clients.root_of(&user.account));
    secrets.create_secret().name(FOREIGN_SECRET).secret_string("salaries").send().await?;
    let mail = MailClient::new(&stage.clients.root_of(stage.organization.hub()));
    mail.create_email_identity().email_identity(OTHER_SENDER).send().await?;
    Ok(())
}

/// What came of each try.
#[derive(Default)]
struct Tried {
    outcomes: BTreeMap<String, Vec<String>>,
}

impl Tried {
    fn add<T: Debug, E>(&mut self, role: &str, what: &str, result: Result<T, SdkError<E>>)
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let wrong = match result {
            Ok(_) => vec!["it was allowed".to_owned()],
            Err(error) if error.code().is_some_and(|code| code.starts_with("AccessDenied")) => Vec::new(),
            Err(error) => vec![format!("refused for something else: {}", DisplayErrorContext(&error))],
        };
        self.outcomes.insert(format!("{role}: {what}"), wrong);
    }
}

async fn member(tried: &mut Tried, session: &SdkConfig, user: &SeededUser) {
    let (iam, name) = (IamClient::new(session), user.name.as_str());
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    tried.add(MEMBER_ROLE, "iam:CreateUser", iam.create_user().user_name("mallory").send().await);
    let attach = iam.attach_user_policy().user_name(name).policy_arn(administrator);
    tried.add(MEMBER_ROLE, "iam:AttachUserPolicy", attach.send().await);
    let attach = iam.attach_role_policy().role_name(MEMBER_ROLE).policy_arn(administrator);
    tried.add(MEMBER_ROLE, "iam:AttachRolePolicy on itself", attach.send().await);
    let put = iam.put_user_policy().user_name(name).policy_name("all").policy_document(ANYTHING);
    tried.add(MEMBER_ROLE, "iam:PutUserPolicy", put.send().await);
    let put = iam.put_role_policy().role_name(MEMBER_ROLE).policy_name("all").policy_document(ANYTHING);
    tried.add(MEMBER_ROLE, "iam:PutRolePolicy on itself", put.send().await);
    let profile = iam.create_login_profile().user_name(name).password("Not-a-real-0ne!");
    tried.add(MEMBER_ROLE, "iam:CreateLoginProfile", profile.send().await);
    let trust = iam.update_assume_role_policy().role_name(MEMBER_ROLE).policy_document(ANYTHING);
    tried.add(MEMBER_ROLE, "iam:UpdateAssumeRolePolicy", trust.send().await);
    let secrets = SecretsClient::new(session);
    let read = secrets.get_secret_value().secret_id(FOREIGN_SECRET);
    tried.add(MEMBER_ROLE, "secretsmanager:GetSecretValue of another secret", read.send().await);
    let put = secrets.put_secret_value().secret_id(FOREIGN_SECRET).secret_string("mine");
    tried.add(MEMBER_ROLE, "secretsmanager:PutSecretValue of another secret", put.send().await);
    let delete = secrets.delete_secret().secret_id(FOREIGN_SECRET).send().await;
    tried.add(MEMBER_ROLE, "secretsmanager:DeleteSecret of another secret", delete);
    let storage = StorageClient::new(session);
    let read = storage.get_object().bucket(STATE_BUCKET).key(ledger(user));
    tried.add(MEMBER_ROLE, "s3:GetObject of a ledger", read.send().await);
    let list = storage.list_objects_v2().bucket(STATE_BUCKET);
    tried.add(MEMBER_ROLE, "s3:ListBucket", list.send().await);
}

async fn key_rotation(tried: &mut Tried, session: &SdkConfig, stage: &Stage, user: &SeededUser) {
    let (iam, storage, lambda) = (IamClient::new(session), StorageClient::new(session), LambdaClient::new(session));
    tried.add(KEY_ROTATION, "iam:CreateUser in the hub", iam.create_user().user_name("mallory").send().await);
    tried.add(KEY_ROTATION, "iam:ListUsers in the hub", iam.list_users().send().await);
    let put = iam.put_role_policy().role_name(KEY_ROTATION).policy_name("all").policy_document(ANYTHING);
    tried.add(KEY_ROTATION, "iam:PutRolePolicy on itself", put.send().await);
    let delete = storage.delete_object().bucket(STATE_BUCKET).key(ledger(user));
    tried.add(KEY_ROTATION, "s3:DeleteObject of a ledger", delete.send().await);
    tried.add(KEY_ROTATION, "s3:GetObject of a template", template(&storage).send().await);
    let code = storage.get_object().bucket(STATE_BUCKET).key("functions/key-rotation.zip");
    tried.add(KEY_ROTATION, "s3:GetObject of its code", code.send().await);
    let forged = storage.put_object().bucket(STATE_BUCKET).key("keywheel/notices/1/1.json");
    tried.add(KEY_ROTATION, "s3:PutObject of a notice's record", forged.send().await);
    let own = storage.put_object().bucket(STATE_BUCKET).key(RECIPIENTS);
    tried.add(KEY_ROTATION, "s3:PutObject of the list of recipients", own.send().await);
    let parameters = storage.put_object().bucket(STATE_BUCKET).key(PARAMETERS);
    tried.add(KEY_ROTATION, "s3:PutObject of the list of parameters", parameters.send().await);
    tried.add(KEY_ROTATION, "lambda:InvokeFunction of account-inventory", invoke(&lambda, ACCOUNT_INVENTORY).await);
    let code = lambda.update_function_code().function_name(KEY_ROTATION).zip_file(vec![0_u8].into());
    tried.add(KEY_ROTATION, "lambda:UpdateFunctionCode of itself", code.send().await);
    let management = &stage.organization.management;
    let sts = aws_sdk_sts::Client::new(session).assume_role().role_session_name("permissions");
    let role = format!("arn:aws:iam::{management}:role/{ORGANIZATION_LIST_ROLE}");
    tried.add(KEY_ROTATION, "sts:AssumeRole of another role", sts.role_arn(role).send().await);
}

async fn notification(tried: &mut Tried, session: &SdkConfig, user: &SeededUser) -> anyhow::Result<()> {
    let (storage, lambda, mail) = (StorageClient::new(session), LambdaClient::new(session), MailClient::new(session));
    let read = storage.get_object().bucket(STATE_BUCKET).key(ledger(user));
    tried.add(NOTIFICATION, "s3:GetObject of a ledger", read.send().await);
    let list = storage.get_object().bucket(STATE_BUCKET).key(RECIPIENTS);
    tried.add(NOTIFICATION, "s3:GetObject of the list of recipients", list.send().await);
    let write = storage.put_object().bucket(STATE_BUCKET).key("templates/digest/body.txt");
    tried.add(NOTIFICATION, "s3:PutObject of a template", write.send().await);
    tried.add(NOTIFICATION, "lambda:InvokeFunction of key-rotation", invoke(&lambda, KEY_ROTATION).await);
    let text = |text: &str| Content::builder().data(text).build();
    let body = Body::builder().text(text("pay here")?).build();
    let message = Message::builder().subject(text("an invoice")?).body(body).build();
    let to = Destination::builder().to_addresses("owner@example.com").build();
    let send = mail.send_email().destination(to).content(EmailContent::builder().simple(message).build());
    let other = send.clone().from_email_address(OTHER_SENDER).send().await;
    tried.add(NOTIFICATION, "ses:SendEmail from another address", other);
    // The same mail from its own address goes out, so the address alone was at fault.
    send.from_email_address(SENDER).send().await.context("notification cannot send from its own address")?;
    let sts = aws_sdk_sts::Client::new(session).assume_role().role_session_name("permissions");
    let role = format!("arn:aws:iam::{}:role/{MEMBER_ROLE}", user.account);
    let assume = sts.role_arn(role).external_id(EXTERNAL_ID);
    tried.add(NOTIFICATION, "sts:AssumeRole of the member role", assume.send().await);
    let list = OrganizationsClient::new(session).list_accounts().send().await;
    tried.add(NOTIFICATION, "organizations:ListAccounts", list);
    Ok(())
}

async fn account_inventory(tried: &mut Tried, session: &SdkConfig, user: &SeededUser) {
    let (storage, lambda) = (StorageClient::new(session), LambdaClient::new(session));
    let read = storage.get_object().bucket(STATE_BUCKET).key(format!("keywheel/notices/{}/1.json", user.account));
    tried.add(ACCOUNT_INVENTORY, "s3:GetObject of a notice's record", read.send().await);
    let delete = storage.delete_object().bucket(STATE_BUCKET).key("functions/key-rotation.zip");
    tried.add(ACCOUNT_INVENTORY, "s3:DeleteObject of a function's code", delete.send().await);
    let write = storage.put_object().bucket(STATE_BUCKET).key(ledger(user));
    tried.add(ACCOUNT_INVENTORY, "s3:PutObject of a ledger", write.send().await);
    tried.add(ACCOUNT_INVENTORY, "lambda:InvokeFunction of notification", invoke(&lambda, NOTIFICATION).await);
    let sts = aws_sdk_sts::Client::new(session).assume_role().role_session_name("permissions");
    let role = format!("arn:aws:iam::{}:role/{MEMBER_ROLE}", user.account);
    let assume = sts.role_arn(role).external_id(EXTERNAL_ID);
    tried.add(ACCOUNT_INVENTORY, "sts:AssumeRole of the member role", assume.send().await);
    let create = OrganizationsClient::new(session).create_account().email("m@example.com").account_name("m");
    tried.add(ACCOUNT_INVENTORY, "organizations:CreateAccount", create.send().await);
}

async fn organization_list(tried: &mut Tried, session: &SdkConfig, user: &SeededUser) {
    let (client, role) = (OrganizationsClient::new(session), ORGANIZATION_LIST_ROLE);
    let create = client.create_account().email("m@example.com").account_name("m");
    tried.add(role, "organizations:CreateAccount", create.send().await);
    let remove = client.remove_account_from_organization().account_id(user.account.as_str());
    tried.add(role, "organizations:RemoveAccountFromOrganization", remove.send().await);
    let unit = client.create_organizational_unit().name("m").parent_id("r-0000");
    tried.add(role, "organizations:CreateOrganizationalUnit", unit.send().await);
    tried.add(role, "iam:ListUsers", IamClient::new(session).list_users().send().await);
}

async fn invoke(
    lambda: &LambdaClient,
    function: &str,
) -> Result<aws_sdk_lambda::operation::invoke::InvokeOutput, SdkError<aws_sdk_lambda::operation::invoke::InvokeError>> {
    lambda.invoke().function_name(function).payload(b"{}".to_vec().into()).send().await
}

fn template(storage: &StorageClient) -> aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder {
    storage.get_object().bucket(STATE_BUCKET).key("templates/digest/body.txt")
}

fn ledger(user: &SeededUser) -> String {
    format!("keywheel/ledger/{}.json", user.account)
}
