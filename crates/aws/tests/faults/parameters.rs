//! Parameter Store of the account, over JSON 1.1.

use keywheel_testkit::{Parameter, World};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::Request;

/// The service's answer.
pub(crate) fn ssm(world: &World, request: &Request) -> Answer {
    let name = request.needed("Name");
    let mut account = world.account();
    match request.operation.as_str() {
        "GetParameter" => match account.parameters.get(&name) {
            None => Answer::error("ssm", 400, "ParameterNotFound", ""),
            Some(parameter) => {
                let kind = if parameter.is_secure { "SecureString" } else { "String" };
                Answer::json(&json!({ "Parameter": { "Name": name, "Type": kind, "Value": parameter.value() } }))
            }
        },
        "PutParameter" => {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let before = account.parameters.get(&name).map(|parameter| parameter.version);
            if before.is_some() && body["Overwrite"] != true {
                return Answer::error("ssm", 400, "ParameterAlreadyExists", "The parameter already exists.");
            }
            assert_eq!(request.needed("Type"), "SecureString");
            let version = before.unwrap_or_default() + 1;
            let mut made = Parameter::by_a_person(&request.needed("Value"));
            made.version = version;
            account.parameters.insert(name, made);
            Answer::json(&json!({ "Version": version }))
        }
        "DeleteParameter" => {
            account.parameters.remove(&name);
            Answer::json(&json!({}))
        }
        other => panic!("no adapter calls ssm:{other}"),
    }
}
