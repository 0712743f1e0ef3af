//! What the demo leaves on disk: mails, results, the functions' log.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::admin::Mail;
use crate::night::Night;
use crate::stage::Stage;

const MAILS: &str = "mails";
const RESULTS: &str = "results";

/// Makes the folder, without what an earlier demo left there.
pub(super) fn prepare(out: &Path) -> anyhow::Result<()> {
    for name in [MAILS, RESULTS] {
        let folder = out.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(())
}

/// Writes everything.
pub(super) async fn write(stage: &Stage, night: &Night, out: &Path) -> anyhow::Result<()> {
    let mut mails: Vec<&Mail> = night.mails.iter().collect();
    mails.sort_by_key(|mail| (mail.to.clone(), mail.subject()));
    for (number, mail) in mails.iter().enumerate() {
        let name = format!("{:02}-{}", number + 1, file_name(&mail.to.join(",")));
        let file = |ending: &str| out.join(MAILS).join(format!("{name}.{ending}"));
        fs::write(file("html"), mail.html())?;
        fs::write(file("txt"), mail.text())?;
        fs::write(file("subject.txt"), mail.subject())?;
    }
    let json = |name: &str, text: String| fs::write(out.join(RESULTS).join(format!("{name}.json")), text);
    json("account-inventory", serde_json::to_string_pretty(&night.inventory)?)?;
    json("manifest", serde_json::to_string_pretty(&night.manifest)?)?;
    for result in night.results.values() {
        json(result.account.as_str(), serde_json::to_string_pretty(result)?)?;
    }
    stage.write_function_log(out).await
}

fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || ".-@".contains(c) { c } else { '_' }).collect()
}
