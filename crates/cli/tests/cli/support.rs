//! Runs the binary, without anything of the environment but what a test gives it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder with the shipped templates.
pub(crate) fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates")
}

/// A call of the binary and what came of it.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Exit code, standard output and standard error, with the folder's name taken out.
    pub(crate) fn shown(&self, folder: &Path) -> String {
        let mut text = format!("exit code: {}\n", self.code);
        for (name, part) in [("stdout", &self.out), ("stderr", &self.err)] {
            let _ = write!(text, "----- {name}\n{}", part.replace(&folder.display().to_string(), "[folder]"));
        }
        text
    }
}

/// Runs the binary in a folder.
pub(crate) fn keywheel<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>, input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keywheel"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A verb that does not read its input closes it.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let ended = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
}

/// Copies the shipped templates into a folder.
pub(crate) fn copy_templates(to: &Path) {
    let mut folders = vec![(templates(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let (path, target) = {
                let entry = entry.unwrap();
                (entry.path(), to.join(entry.file_name()))
            };
            if path.is_dir() {
                folders.push((path, target));
            } else {
                std::fs::copy(path, target).unwrap();
            }
        }
    }
}
