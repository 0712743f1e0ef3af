//! `keywheel decrypt`: opens an access key that came encrypted with a mail.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor, IdentityFile};
use anyhow::Context;

use crate::exit::{Ended, failed};
use crate::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  keywheel decrypt AKIAIOSFODNN7EXAMPLE.age --identity ~/.config/age/identity.txt
  keywheel decrypt --identity identity.txt < AKIAIOSFODNN7EXAMPLE.age > credentials.json

What comes out is JSON as a credential_process prints it. The stock tool opens the same files: age --decrypt --identity identity.txt FILE.";

/// Far more than a key pair needs.
const LONGEST: u64 = 1024 * 1024;

/// Opens a file with the identity whose recipient the hub holds under your name.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The attachment; standard input without it, or with -
    file: Option<PathBuf>,
    /// File with your age identity (AGE-SECRET-KEY-1…), as age-keygen writes it
    #[arg(long, short, value_name = "FILE")]
    identity: PathBuf,
}

/// Prints what is in the file.
pub(crate) fn run(printer: &Printer, arguments: &Arguments) -> anyhow::Result<Ended> {
    let identities = identities(&arguments.identity)?;
    let file = arguments.file.as_deref().filter(|file| *file != Path::new("-"));
    let name = file.map_or("standard input".to_owned(), |file| file.display().to_string());
    let encrypted = read(file).with_context(|| format!("cannot read {name}"))?;
    let plain = open(&encrypted, &identities).map_err(|error| unopened(&name, &arguments.identity, &error))?;
    if !is_pair(&plain) {
        let hint =
            "an attachment of Keywheel's mails holds JSON with an access key; age --decrypt opens any other file";
        return Err(failed(format!("{name} was opened and holds no access key"), hint));
    }
    printer.data(&plain)?;
    Ok(Ended::Done)
}

fn identities(path: &Path) -> anyhow::Result<Vec<Box<dyn age::Identity + Send + Sync>>> {
    let hint = "an identity file has a line AGE-SECRET-KEY-1…, as age-keygen writes it";
    // Neither the error's text nor anything else of the file is repeated: a line of it may be the identity.
    let file = fs::File::open(path).with_context(|| format!("cannot read the identity file {}", path.display()))?;
    let unreadable = || failed(format!("{} is not an identity file", path.display()), hint);
    let file = IdentityFile::from_buffer(BufReader::new(file)).map_err(|_| unreadable())?;
    let identities = file.into_identities().map_err(|_| unreadable())?;
    if identities.is_empty() { Err(unreadable()) } else { Ok(identities) }
}

fn read(file: Option<&Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match file {
        Some(file) => fs::File::open(file)?.take(LONGEST).read_to_end(&mut bytes)?,
        None => io::stdin().take(LONGEST).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

fn open(encrypted: &[u8], identities: &[Box<dyn age::Identity + Send + Sync>]) -> Result<String, DecryptError> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(encrypted))?;
    let identities = identities.iter().map(|identity| &**identity as &dyn age::Identity);
    let mut plain = String::new();
    // Nothing is printed before the last part of the file was found to be whole.
    decryptor.decrypt(identities)?.read_to_string(&mut plain)?;
    Ok(plain)
}

/// Whether it is what a `credential_process` prints (AWS SDKs and Tools reference guide, "Process credential provider"). Anybody can encrypt
/// anything for a recipient, so nothing else is shown.
fn is_pair(plain: &str) -> bool {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(plain) else { return false };
    value["Version"] == 1 && value["AccessKeyId"].is_string() && value["SecretAccessKey"].is_string()
}

fn unopened(name: &str, identity: &Path, error: &DecryptError) -> anyhow::Error {
    match error {
        DecryptError::NoMatchingKeys => {
            let what = format!("{name} was not encrypted for the identity in {}", identity.display());
            failed(
                what,
                "the recipient that the hub holds under your name belongs to another identity; tell those who run Keywheel",
            )
        }
        _ => failed(
            format!("{name} is not an age file, or a damaged one"),
            "save the attachment as it came, from -----BEGIN AGE ENCRYPTED FILE----- to the end",
        ),
    }
}
