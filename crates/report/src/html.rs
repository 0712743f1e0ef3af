//! The report as one HTML file: no outside resource, no script needed for the summary, every key in a table that sorts and searches.
//!
//! All that strangers wrote goes through Tera's escaping, or as JSON into a block that is never run; the script puts it into the page as
//! text. A content security policy lets only this page's own style and script run, by their hashes.

mod accounts;
mod calendar;
mod data;
mod histogram;
mod needs;
mod page;
mod policy;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use crate::Report;
use page::Page;

const TEMPLATE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The name decides that Tera escapes.
const NAME: &str = "page.html";

/// A page that could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderFailed {
    /// The template.
    #[error("the page's template does not render")]
    Template(#[from] tera::Error),
    /// The data.
    #[error("the page's data cannot be written")]
    Data(#[from] serde_json::Error),
}

/// The report as a page.
///
/// # Errors
/// Only where the embedded template itself is at fault.
pub fn render(report: &Report) -> Result<String, RenderFailed> {
    let mut tera = Tera::default();
    tera.add_raw_template(NAME, TEMPLATE)?;
    let mut context = Context::from_serialize(&Page::of(report))?;
    context.insert("data", &inert(&serde_json::to_string(&data::Data::of(report))?));
    context.insert("style", STYLE);
    context.insert("script", SCRIPT);
    context.insert("security_policy", &security_policy());
    Ok(tera.render(NAME, &context)?)
}

fn security_policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// JSON that cannot end the element in which it stands.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A part of a whole in percent.
fn percent(part: usize, whole: usize) -> f64 {
    let [part, whole] = [part, whole].map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}
