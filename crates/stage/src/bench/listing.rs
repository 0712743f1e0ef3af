//! An organization of thousands of accounts, as `ListAccounts` gives it; the emulator is too slow for hundreds of pages.

use serde_json::{Value, json};

use crate::operation::Operation;
use crate::wire::Message;

/// The largest page of `ListAccounts` (Organizations API, `MaxResults`).
const PAGE: usize = 20;

/// The answer to `ListAccounts` for an organization of so many accounts; none to everything else.
pub(super) fn answer(accounts: usize, operation: &Operation, request: &Message) -> Option<Message> {
    if operation.name != "ListAccounts" {
        return None;
    }
    let asked: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let from = asked["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let to = accounts.min(from + PAGE);
    let page: Vec<_> = (from..to).map(account).collect();
    let mut body = json!({ "Accounts": page });
    if to < accounts {
        body["NextToken"] = to.to_string().into();
    }
    let headers = [("Content-Type", "application/x-amz-json-1.1")];
    Some(Message::answer("200 OK", &headers, body.to_string().as_bytes()))
}

fn account(number: usize) -> Value {
    let id = format!("{}", 100_000_000_000 + number);
    json!({
        "Id": id,
        "Arn": format!("arn:aws:organizations::999988887777:account/o-benchmark/{id}"),
        "Name": format!("account-{number:05}"),
        "Email": format!("owner-{number:05}@example.com"),
        "State": "ACTIVE",
        "JoinedMethod": "CREATED",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(accounts: usize, operation: &str, body: &str) -> Option<Value> {
        let text = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let request = Message::request(&mut text.as_bytes()).unwrap().unwrap();
        let name = operation.to_owned();
        let operation = Operation { service: "organizations".to_owned(), name, signer: String::new() };
        Some(serde_json::from_slice(answer(accounts, &operation, &request)?.body()).unwrap())
    }

    #[test]
    fn the_accounts_come_in_pages_of_twenty() {
        let first = page(30, "ListAccounts", "{}").unwrap();
        assert_eq!((first["Accounts"].as_array().unwrap().len(), &first["NextToken"]), (20, &json!("20")));
        let last = page(30, "ListAccounts", r#"{"NextToken":"20"}"#).unwrap();
        assert_eq!((last["Accounts"].as_array().unwrap().len(), &last["NextToken"]), (10, &Value::Null));
        assert_eq!(last["Accounts"][9]["Id"], "100000000029");
        assert!(page(30, "DescribeOrganization", "{}").is_none());
    }
}
