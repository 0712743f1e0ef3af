//! What the emulator saw: calls, invocations, lines, mails, and what it issued.

use anyhow::Context;
use aws_smithy_types::base64;
use serde::Deserialize;
use serde_json::Value;

/// A secret half or session token that the emulator issued.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IssuedCredential {
    /// The key's id.
    pub access_key_id: String,
    /// Its secret half.
    pub secret_access_key: String,
    /// The session token, for sessions.
    #[serde(default)]
    pub session_token: Option<String>,
}

/// A line that a function wrote.
#[derive(Clone, Debug, Deserialize)]
pub struct FunctionLine {
    /// The function's name.
    pub function: String,
    /// The line.
    pub line: String,
}

/// An invocation of a function.
#[derive(Clone, Debug, Deserialize)]
pub struct FunctionCall {
    /// The function's name.
    pub function: String,
    /// What it was handed.
    pub event: Value,
    /// What it answered: its result or its error; none while it runs.
    #[serde(default)]
    pub answer: Value,
}

/// A call to an AWS API.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    /// The operation's name.
    pub operation: String,
    /// The account in which it ran.
    pub account: String,
    /// The ARN on which it was authorised.
    pub resource: String,
    /// Who called: an ARN.
    pub principal: Option<String>,
    /// The HTTP status of its answer; none while it runs.
    pub status: Option<u16>,
}

/// A mail that SES took.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// Its id.
    #[serde(rename = "MessageId")]
    pub message_id: String,
    /// From whom.
    #[serde(rename = "Source")]
    pub source: String,
    /// To whom.
    #[serde(rename = "To", default)]
    pub to: Vec<String>,
    /// As it was given to SES.
    #[serde(rename = "Content")]
    pub content: Value,
}

impl Mail {
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.content["Simple"]["Subject"]["Data"].as_str().unwrap_or_default()
    }

    /// The text part.
    #[must_use]
    pub fn text(&self) -> &str {
        self.content["Simple"]["Body"]["Text"]["Data"].as_str().unwrap_or_default()
    }

    /// The attached files: names and contents.
    ///
    /// # Errors
    /// One has no name, or is not text.
    pub fn attachments(&self) -> anyhow::Result<Vec<(String, String)>> {
        let attachments = self.content["Simple"]["Attachments"].as_array().into_iter().flatten();
        let file = |one: &Value| {
            let name = one["FileName"].as_str().context("an attachment without a name")?;
            let content = base64::decode(one["RawContent"].as_str().unwrap_or_default())?;
            Ok((name.to_owned(), String::from_utf8(content)?))
        };
        attachments.map(file).collect()
    }

    /// The HTML part.
    #[must_use]
    pub fn html(&self) -> &str {
        self.content["Simple"]["Body"]["Html"]["Data"].as_str().unwrap_or_default()
    }
}
