//! `keywheel config show`: prints every setting, and where it comes from.

use std::fmt::Write as _;

use keywheel_runtime::config::variable::{MEMBER_ROLE_NAME, Unset};
use serde_json::json;

use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration, Setting, USUAL_ROLE};
use crate::exit::Ended;
use crate::output::{self, Output};
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel config show --origin
  keywheel config show --origin --function keywheel-key-rotation
  keywheel config show --output json --set ROTATION_PERIOD=60

Earlier ones go before later ones: flag, environment, keywheel.toml, deployed function, default.";

/// Prints settings.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Say where each comes from
    #[arg(long)]
    origin: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Prints them, and then what is wrong with them.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
    let text = match arguments.output {
        Output::Table => table(configuration.settings(), arguments.origin),
        Output::Json => json(configuration.settings(), arguments.origin)?,
    };
    printer.data(&text)?;
    configuration.rotation()?;
    configuration.inventory()?;
    Ok(Ended::Done)
}

/// What it means for a deployed function that nothing is set. The verbs that look at accounts assume the role of the layers then.
fn means(setting: &Setting) -> String {
    let Unset::Means(text) = setting.variable.unset else { return String::new() };
    match (&setting.value, setting.variable.name == MEMBER_ROLE_NAME.name) {
        (Some(_), _) => String::new(),
        (None, true) => format!(": {text}; what looks at other accounts takes {USUAL_ROLE}"),
        (None, false) => format!(": {text}"),
    }
}

/// A confidential value is set or not, and no more is said of it.
fn shown(setting: &Setting) -> Option<&str> {
    let value = setting.value.as_deref();
    if setting.variable.is_confidential() { value.map(|_| "(set, not shown)") } else { value }
}

fn table(settings: &[Setting], origin: bool) -> String {
    let width = |of: fn(&Setting) -> usize| settings.iter().map(of).max().unwrap_or_default();
    let names = width(|setting| setting.variable.name.len());
    let values = width(|setting| shown(setting).map_or(1, |value| value.chars().count())).min(48);
    let mut text = String::new();
    for setting in settings {
        let value = shown(setting).unwrap_or("-");
        let line = if origin {
            format!("{:<names$}  {value:<values$}  {}{}", setting.variable.name, setting.origin, means(setting))
        } else {
            format!("{:<names$}  {value}", setting.variable.name)
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

fn json(settings: &[Setting], origin: bool) -> serde_json::Result<String> {
    let setting = |setting: &Setting| {
        let mut value = json!({ "name": setting.variable.name, "value": shown(setting) });
        if origin {
            value["origin"] = json!(format!("{}{}", setting.origin, means(setting)));
        }
        value
    };
    let settings: Vec<_> = settings.iter().map(setting).collect();
    output::json(&json!({ "schema_version": 1, "settings": settings }))
}
