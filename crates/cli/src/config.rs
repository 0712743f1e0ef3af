//! The settings of a deployment, from the same variables as the functions: flag, environment, `keywheel.toml`, deployed function, default.
//!
//! `Configuration::load(&aws, &arguments.config, flags).await?` gathers them; `rotation()` and `inventory()` are what the functions' own
//! readers make of them, so that defaults and checks are shared; `state()` is none where no state bucket is set; `get(NAME)` is one value.

mod file;
mod origin;
mod readings;
mod sibling;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use keywheel_runtime::config::variable::{self, Variable};

use crate::aws::AwsArguments;
use crate::calls::function_variables;
use crate::exit::usage;
use crate::printer::Printer;
use file::File;
pub(crate) use origin::Origin;
pub(crate) use readings::{USUAL_ROLE, member_role};

/// The flags that say how a deployment is configured.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArguments {
    /// Deployed function whose settings are taken, such as keywheel-key-rotation; more than one may be given [default: those of the file]
    #[arg(long = "function", value_name = "NAME")]
    functions: Vec<String>,
    /// One setting, such as ROTATION_PERIOD=60; goes before everything else
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<Assignment>,
    /// File of settings [default: keywheel.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Role that is assumed in other accounts, such as OrganizationAccountAccessRole (MEMBER_ROLE_NAME) [default: keywheel-member]
    #[arg(long, value_name = "NAME")]
    role_name: Option<String>,
    /// Role that may list the organization (ORG_LIST_ROLE_ARN) [default: a deployed function's, or none: whoever is signed in lists it]
    #[arg(long, value_name = "ARN")]
    org_list_role_arn: Option<String>,
    /// Bucket with the ledgers and results of a deployment (STATE_BUCKET) [default: none, nothing is remembered]
    #[arg(long, value_name = "BUCKET")]
    state_bucket: Option<String>,
}

/// What a flag sets, and which flag.
pub(crate) type Flag = (&'static Variable, String, &'static str);

/// A setting from the command line.
#[derive(Clone, Debug)]
struct Assignment {
    variable: &'static Variable,
    value: String,
}

/// The variables that a verb goes by: how much a function logs is no matter of the command line.
pub(crate) fn variables() -> impl Iterator<Item = &'static Variable> {
    let logging = [variable::AWS_LAMBDA_LOG_LEVEL.name, variable::RUST_LOG.name];
    variable::ALL.iter().copied().filter(move |variable| !logging.contains(&variable.name))
}

fn variable_named(name: &str) -> Option<&'static Variable> {
    variables().find(|variable| variable.name == name)
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("a setting looks like ROTATION_PERIOD=60")?;
        let variable = variable_named(name).ok_or_else(|| format!("there is no setting {name:?}"))?;
        Ok(Self { variable, value: value.to_owned() })
    }
}

/// One setting.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The variable.
    pub(crate) variable: &'static Variable,
    /// Its value; none where nothing is set and there is no default.
    pub(crate) value: Option<String>,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// Every setting.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    settings: Vec<Setting>,
    /// The deployed functions that were asked, and the names of the variables of each.
    deployed: Vec<(String, BTreeSet<String>)>,
    /// The file of settings, where nobody named it and it is used all the same.
    found: Option<PathBuf>,
    /// The functions are those of the file.
    has_functions_of_file: bool,
    /// Why it is not known which accounts a night leaves out, where a deployment was named and that is not known.
    unknown_scope: Option<String>,
}

impl Configuration {
    /// Gathers the settings. Deployed functions are asked where any are named, and the account-inventory beside them; nothing else calls
    /// AWS. An empty value counts as none, as it does for the functions; an empty flag takes the value away that others would bring.
    pub(crate) async fn load(aws: &AwsArguments, given: &ConfigArguments, more: Vec<Flag>) -> anyhow::Result<Self> {
        given.refuse_confidential()?;
        let file = File::read(given.config.as_deref())?;
        let names = if given.functions.is_empty() { &file.functions } else { &given.functions };
        let mut deployed = Vec::new();
        for name in names {
            deployed.push((name.clone(), function_variables(&aws.load().await?, name).await?));
        }
        let sibling = sibling::find(aws, &deployed).await;
        let unknown_scope = sibling.as_ref().err().cloned();
        deployed.extend(sibling.ok().flatten());
        let flags: Vec<Flag> = given.flags().into_iter().chain(more).collect();
        let setting = |variable: &'static Variable| {
            let name = variable.name;
            let flag = flags.iter().find(|(of, ..)| of.name == name);
            let flag = || flag.map(|(_, value, flag)| (value.clone(), Origin::Flag(flag)));
            let environment = || Some((std::env::var(name).ok()?, Origin::Environment));
            let file = || Some((file.value(name)?, Origin::File(file.path.clone())));
            let of_function = || {
                let (function, variables) = deployed.iter().find(|(_, variables)| variables.contains_key(name))?;
                Some((variables.get(name)?.clone(), Origin::Function(function.clone())))
            };
            if flag().is_some_and(|(value, _)| value.is_empty()) {
                return Setting::unset(variable);
            }
            let ways: [&dyn Fn() -> Option<(String, Origin)>; 4] = [&flag, &environment, &file, &of_function];
            let found = ways.into_iter().filter_map(|way| way()).find(|(value, _)| !value.is_empty());
            match found {
                Some((value, origin)) => Setting { variable, value: Some(value), origin },
                None => Setting::unset(variable),
            }
        };
        let settings = variables().map(setting).collect();
        let names = |variables: HashMap<String, String>| variables.into_keys().collect();
        let deployed = deployed.into_iter().map(|(function, variables)| (function, names(variables))).collect();
        let found = Some(file.path.clone()).filter(|path| given.config.is_none() && path.file_name().is_some());
        let has_functions_of_file = given.functions.is_empty() && !file.functions.is_empty();
        Ok(Self { settings, deployed, found, has_functions_of_file, unknown_scope })
    }

    /// Says what a file decides that lay in the folder: it may be a stranger's.
    pub(crate) fn say_found(&self, printer: &Printer) {
        let Some(path) = &self.found else { return };
        let of_file = self.settings.iter().filter(|setting| matches!(setting.origin, Origin::File(_)));
        let functions = self.has_functions_of_file.then_some("functions");
        let names: Vec<_> = functions.into_iter().chain(of_file.map(|setting| setting.variable.name)).collect();
        if !names.is_empty() {
            printer.note(&format!("{} of this folder decides {}", path.display(), names.join(", ")));
        }
    }

    /// The deployed function, of those that were asked, which has this variable.
    pub(crate) fn function_with(&self, variable: &Variable) -> Option<&str> {
        let (function, _) = self.deployed.iter().find(|(_, variables)| variables.contains(variable.name))?;
        Some(function)
    }

    /// Why it is not known which accounts a night leaves out, where a deployment was named and that is not known.
    pub(crate) fn unknown_scope(&self) -> Option<&str> {
        self.unknown_scope.as_deref()
    }

    /// Whether a deployed function says it, and nobody who runs this.
    pub(crate) fn is_of_function(&self, variable: &Variable) -> bool {
        self.setting(variable).is_some_and(|setting| matches!(setting.origin, Origin::Function(_)))
    }

    /// Every setting, in the order of the reference.
    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The value of a variable; a default is one.
    pub(crate) fn get(&self, variable: &Variable) -> Option<&str> {
        self.setting(variable)?.value.as_deref()
    }

    fn setting(&self, variable: &Variable) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.variable.name == variable.name)
    }

    /// Whether anybody set it.
    pub(crate) fn is_set(&self, variable: &Variable) -> bool {
        self.setting(variable).is_some_and(|setting| !matches!(setting.origin, Origin::Default | Origin::Unset))
    }
}

impl ConfigArguments {
    /// Here and not where the flag is read, as clap repeats what it refuses.
    fn refuse_confidential(&self) -> anyhow::Result<()> {
        match self.set.iter().find(|set| set.variable.is_confidential()) {
            Some(set) => {
                let what = format!("{} does not belong on a command line, which others can see", set.variable.name);
                Err(usage(
                    what,
                    "set it in the environment or in keywheel.toml, or take it from a function with --function",
                ))
            }
            None => Ok(()),
        }
    }

    fn flags(&self) -> Vec<Flag> {
        let of = |variable, value: &Option<String>, flag| value.clone().map(|value| (variable, value, flag));
        let own = [
            of(&variable::MEMBER_ROLE_NAME, &self.role_name, "--role-name"),
            of(&variable::ORG_LIST_ROLE_ARN, &self.org_list_role_arn, "--org-list-role-arn"),
            of(&variable::STATE_BUCKET, &self.state_bucket, "--state-bucket"),
        ];
        let set = self.set.iter().map(|set| (set.variable, set.value.clone(), "--set"));
        own.into_iter().flatten().chain(set).collect()
    }
}

/// The deployed functions that a file names; without one, `keywheel.toml` of this folder.
pub(crate) fn functions_of(file: Option<&Path>) -> anyhow::Result<Vec<String>> {
    Ok(File::read(file)?.functions)
}

fn not_a_setting(name: &str, place: &str) -> anyhow::Error {
    let hint = "docs/configuration.md has all settings; `keywheel config show` prints them";
    usage(format!("{place} has a setting {name:?}, which there is not"), hint)
}
