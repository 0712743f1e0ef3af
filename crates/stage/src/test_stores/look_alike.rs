//! A user who takes the spelling of somebody else's parameter for a name: parameters have no policies of their own that would keep them apart.

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_ssm::Client as ParameterClient;
use aws_sdk_ssm::types::ParameterType;
use keywheel_core::parameter::parameter_name;

use super::access::unexpected;
use super::parameters::{PREFIX, account, store};
use crate::stage::Stage;

/// Who asks, whose parameter it is, and whether it may be read.
const TRIES: [(&str, &str, bool); 2] =
    [("eve_.aexample.com", "eve@example.com", false), ("eve_a.example.com", "eve_a.example.com", true)];

/// What is otherwise than it should be. The policy `keywheel-host` is there, and anybody may attach it.
pub(super) async fn reads(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let account = account(stage)?;
    let iam = IamClient::new(&stage.clients.root_of(&account));
    let policy = format!("arn:aws:iam::{account}:policy/keywheel-host");
    let mut wrong = Vec::new();
    for (asks, whose, allowed) in TRIES {
        let name = parameter_name(PREFIX, &account, &whose.parse()?);
        let put = store(stage)?.put_parameter().name(&name).value("theirs").r#type(ParameterType::SecureString);
        put.send().await?;
        iam.create_user().user_name(asks).send().await?;
        iam.attach_user_policy().user_name(asks).policy_arn(&policy).send().await?;
        let key = iam.create_access_key().user_name(asks).send().await?.access_key.context("no key")?;
        let credentials = Credentials::new(&key.access_key_id, key.secret_access_key, None, None, "stage");
        let parameters = ParameterClient::new(&stage.clients.with(credentials));
        let read = parameters.get_parameter().name(&name).with_decryption(true).send().await;
        wrong.extend(unexpected(&format!("the parameter of {whose}, for {asks}"), read, allowed));
        // What comes later is not about them.
        iam.delete_access_key().user_name(asks).access_key_id(key.access_key_id).send().await?;
        iam.detach_user_policy().user_name(asks).policy_arn(&policy).send().await?;
        iam.delete_user().user_name(asks).send().await?;
        store(stage)?.delete_parameter().name(name).send().await?;
    }
    Ok(wrong)
}
