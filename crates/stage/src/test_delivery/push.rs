//! `keywheel template push` and `check` on a bucket.

use std::fs;
use std::path::Path;

use aws_sdk_s3::Client as StorageClient;
use serde_json::json;

use crate::command_line::{CommandLine, Ended};
use crate::policies::STATE_BUCKET;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");
/// Below the bucket.
const PREFIX: &str = "templates/own";
const TO: &str = "s3://keywheel-stage-state/templates/own";
const PARTS: [&str; 3] = ["digest/subject.txt", "digest/body.txt", "digest/body.html"];

/// Goes through the life of an organization's own templates.
pub(super) async fn check(stage: &Stage, command_line: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let own = command_line.folder.path().join("own");
    copy(Path::new(TEMPLATES), &own)?;
    let pushes = Pushes { stage, command_line, own: &own };
    pushes.first(checks).await?;
    pushes.broken_off(checks).await?;
    pushes.with_findings(checks).await
}

fn says(checks: &mut Checks, name: &str, ended: &Ended, code: Option<i32>, out: &str, holds: bool) {
    let holds = holds && ended.code == code && format!("{}{}", ended.out, ended.err).contains(out);
    checks.holds(name, holds, || format!("{:?}\n{}{}", ended.code, ended.out, ended.err));
}

struct Pushes<'a> {
    stage: &'a Stage,
    command_line: &'a CommandLine<'a>,
    own: &'a Path,
}

impl Pushes<'_> {
    async fn first(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let ended = self.push("--dry-run")?;
        let nothing = self.there(PARTS[0]).await.is_none()
            && self.command_line.keywheel(&["template", "check", TO])?.code == Some(1);
        says(
            checks,
            "a dry run shows what is new and uploads nothing",
            &ended,
            Some(0),
            "new     digest/body.html",
            nothing,
        );
        let ended = self.command_line.keywheel(&["template", "push", "own", TO])?;
        says(
            checks,
            "nothing is uploaded where nobody can be asked",
            &ended,
            Some(2),
            "",
            self.there(PARTS[0]).await.is_none(),
        );
        let ended = self.push("--yes")?;
        says(checks, "templates are uploaded", &ended, Some(0), "new     digest/body.html", self.is_whole().await?);
        let ended = self.command_line.keywheel(&["template", "check", TO])?;
        says(checks, "the templates in the bucket are clean", &ended, Some(0), "", true);
        Ok(())
    }

    async fn broken_off(&self, checks: &mut Checks) -> anyhow::Result<()> {
        self.change(&PARTS)?;
        // The first of three to be put is refused, after the subject was taken away.
        let denied = json!({ "operation": "s3:PutObject", "error": "AccessDenied", "status": 403, "times": 1 });
        self.stage.admin.add_fault(denied).await?;
        let ended = self.push("--yes")?;
        let taken_away = self.there(PARTS[0]).await.is_none();
        says(
            checks,
            "a push that breaks off leaves the mail without its subject, so that no mixture is used",
            &ended,
            Some(1),
            "changed digest/body.html",
            taken_away,
        );
        let ended = self.push("--yes")?;
        says(
            checks,
            "a second push makes that good",
            &ended,
            Some(0),
            "new     digest/subject.txt",
            self.is_whole().await?,
        );
        let ended = self.push("--yes")?;
        says(
            checks,
            "what did not change stays",
            &ended,
            Some(0),
            "same    digest/subject.txt",
            self.is_whole().await?,
        );
        Ok(())
    }

    async fn with_findings(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let before = self.there(PARTS[1]).await;
        fs::write(self.own.join(PARTS[1]), "{{ headlin }}")?;
        let ended = self.push("--yes")?;
        let same = self.there(PARTS[1]).await == before;
        says(checks, "templates with findings are not uploaded", &ended, Some(3), "digest/body.txt", same);
        Ok(())
    }

    fn push(&self, flag: &str) -> anyhow::Result<Ended> {
        self.command_line.keywheel(&["template", "push", "own", TO, flag])
    }

    /// Changes files without changing what they render.
    fn change(&self, names: &[&str]) -> anyhow::Result<()> {
        for name in names {
            let text = fs::read_to_string(self.own.join(name))?;
            fs::write(self.own.join(name), format!("{text}{{# changed #}}"))?;
        }
        Ok(())
    }

    /// A template in the bucket.
    async fn there(&self, name: &str) -> Option<Vec<u8>> {
        let storage = StorageClient::new(&self.stage.clients.root_of(self.stage.organization.hub()));
        let answer = storage.get_object().bucket(STATE_BUCKET).key(format!("{PREFIX}/{name}")).send().await.ok()?;
        Some(answer.body.collect().await.ok()?.to_vec())
    }

    /// Whether the bucket has what the folder has.
    async fn is_whole(&self) -> anyhow::Result<bool> {
        for name in PARTS {
            if self.there(name).await != Some(fs::read(self.own.join(name))?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, target) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(path, target)?;
        }
    }
    Ok(())
}
