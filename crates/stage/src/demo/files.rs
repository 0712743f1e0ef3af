//! What the demo leaves on disk: mails, results, the functions' log.

use std::fs;
use std::path::{Path, PathBuf};

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
    for (number, mail) in mails(night).into_iter().enumerate() {
        let file = |ending: &str| mail_file(out, number, mail, ending);
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

/// The mails in the order in which they are written.
pub(super) fn mails(night: &Night) -> Vec<&Mail> {
    let mut mails: Vec<&Mail> = night.mails.iter().collect();
    mails.sort_by_key(|mail| (mail.to.clone(), mail.subject()));
    mails
}

/// The file in which a part of the mail with this number, from nought, is written.
pub(super) fn mail_file(out: &Path, number: usize, mail: &Mail, ending: &str) -> PathBuf {
    out.join(MAILS).join(format!("{:02}-{}.{ending}", number + 1, file_name(&mail.to.join(","))))
}

fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || ".-@".contains(c) { c } else { '_' }).collect()
}
