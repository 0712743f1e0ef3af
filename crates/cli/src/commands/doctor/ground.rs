//! What the checks look at: the functions of the deployment, as they are deployed.

use keywheel_engine::deployment::MemberRole;
use std::collections::HashMap;

use aws_sdk_lambda::types::FunctionConfiguration;
use jiff::Timestamp;
use keywheel_aws::{S3State, SdkConfig, port_error};
use keywheel_core::id::AccountId;
use keywheel_engine::ports::{PortError, RunHistory};
use keywheel_runtime::config::variable::{
    NOTIFICATION_FUNCTION, ROTATION_FUNCTION, SENDER_EMAIL, STATE_BUCKET, STATE_PREFIX, Unset, Variable,
};

use super::finding::Verdict;
use crate::session::Hub;

/// So many accounts are looked at where a role is named, and no account.
const SAMPLE: usize = 3;

/// Where the checks stand.
pub(super) struct Ground {
    pub(super) hub: Hub,
    pub(super) inventory: Found,
    pub(super) rotation: Found,
    pub(super) notification: Found,
    /// The accounts whose member role is looked at.
    pub(super) accounts: Vec<AccountId>,
    /// The role with which they are looked at, where one was named.
    pub(super) role: Option<MemberRole>,
    pub(super) now: Timestamp,
}

/// A function, or why there is none to look at.
pub(super) enum Found {
    Here(Box<Deployed>),
    Not(Verdict),
}

/// A function as it is deployed.
#[derive(Clone, Debug)]
pub(super) struct Deployed {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) role_arn: String,
    /// `Active`, or what keeps it from that.
    pub(super) state: String,
    /// `Successful`, or what became of the last update.
    pub(super) last_update: String,
    /// Seconds.
    pub(super) timeout: i32,
    /// The ARN of the queue or topic of its dead letters.
    pub(super) dead_letters: Option<String>,
    pub(super) variables: HashMap<String, String>,
}

impl Found {
    pub(super) fn deployed(&self) -> Option<&Deployed> {
        match self {
            Self::Here(deployed) => Some(deployed),
            Self::Not(_) => None,
        }
    }
}

impl Deployed {
    /// The value of a variable, or its default.
    pub(super) fn value(&self, variable: &Variable) -> Option<&str> {
        let set = self.variables.get(variable.name).map(String::as_str).filter(|value| !value.is_empty());
        let default = if let Unset::Default(text) = variable.unset { Some(text) } else { None };
        set.or(default)
    }

    /// Bucket and prefix of the state.
    pub(super) fn state_location(&self) -> Option<(&str, &str)> {
        Some((self.value(&STATE_BUCKET)?, self.value(&STATE_PREFIX)?))
    }

    fn of(answer: FunctionConfiguration) -> Self {
        Self {
            name: answer.function_name.unwrap_or_default(),
            arn: answer.function_arn.unwrap_or_default(),
            role_arn: answer.role.unwrap_or_default(),
            state: answer.state.map_or_else(|| "Active".to_owned(), |state| state.as_str().to_owned()),
            last_update: answer
                .last_update_status
                .map_or_else(|| "Successful".to_owned(), |status| status.as_str().to_owned()),
            timeout: answer.timeout.unwrap_or_default(),
            dead_letters: answer.dead_letter_config.and_then(|config| config.target_arn),
            variables: answer.environment.and_then(|environment| environment.variables).unwrap_or_default(),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name == name || self.arn == name || self.arn.ends_with(&format!(":{name}"))
    }
}

impl Ground {
    /// Finds the functions: key-rotation and any other by the names given, notification by key-rotation's settings, and account-inventory
    /// by its own, which name key-rotation.
    pub(super) async fn find(
        hub: Hub,
        names: &[String],
        accounts: Vec<AccountId>,
        role: Option<MemberRole>,
        now: Timestamp,
    ) -> Self {
        let lambda = aws_sdk_lambda::Client::new(&hub.config);
        let (mut inventory, mut rotation, mut notification) = (None, None, None);
        for name in names {
            let found = deployed(&lambda, name).await;
            let place = match &found {
                Found::Here(function) if function.value(&ROTATION_FUNCTION).is_some() => &mut inventory,
                Found::Here(function) if function.value(&SENDER_EMAIL).is_some() => &mut notification,
                _ => &mut rotation,
            };
            place.get_or_insert(found);
        }
        let unnamed = || Found::Not(Verdict::not_checked("no function of it was named", "give --function NAME"));
        let rotation = rotation.unwrap_or_else(unnamed);
        let of_rotation =
            rotation.deployed().and_then(|rotation| rotation.value(&NOTIFICATION_FUNCTION)).map(str::to_owned);
        let notification = match (notification, of_rotation) {
            (Some(found), _) => found,
            (None, Some(name)) => deployed(&lambda, &name).await,
            (None, None) => Found::Not(Verdict::not_checked("key-rotation does not name it", "see key-rotation")),
        };
        let inventory = match inventory {
            Some(found) => found,
            None => inventory_of(&lambda, &rotation).await,
        };
        let mut ground = Self { hub, inventory, rotation, notification, accounts, role, now };
        if ground.accounts.is_empty() && ground.role.is_some() {
            ground.accounts = ground.sample().await;
        }
        ground
    }

    /// A few accounts of the latest run, from all over it.
    async fn sample(&self) -> Vec<AccountId> {
        let Some((bucket, prefix)) = self.state_location() else { return Vec::new() };
        let state = S3State::new(&self.hub.config, bucket, prefix);
        // What cannot be read here is told of by the checks of the bucket and the last run.
        let Ok(Some(latest)) = state.latest().await else { return Vec::new() };
        let Ok(Some(manifest)) = state.manifest(&latest.run_id).await else { return Vec::new() };
        let apart = manifest.accounts.len().div_ceil(SAMPLE).max(1);
        manifest.accounts.into_iter().step_by(apart).map(|account| account.account).collect()
    }

    /// What looks into an account: the role that was named, or in the own account whoever is signed in.
    pub(super) async fn config_in(&self, account: &AccountId) -> Result<SdkConfig, Verdict> {
        match (&self.role, *account == self.hub.own.account) {
            (_, true) => Ok(self.hub.config.clone()),
            (None, false) => Err(Verdict::not_checked(
                "no role was named with which to look",
                "give --role-name OrganizationAccountAccessRole, or another role that exists there",
            )),
            (Some(role), false) => {
                self.hub.member(account, role).await.map(|session| session.config).map_err(|error| {
                    Verdict::not_checked(error, "give another --role-name, or sign in as somebody else")
                })
            }
        }
    }

    /// The functions by what they are called in the documentation.
    pub(super) fn functions(&self) -> [(&'static str, &Found); 3] {
        [("account-inventory", &self.inventory), ("key-rotation", &self.rotation), ("notification", &self.notification)]
    }

    /// Bucket and prefix of the state, as key-rotation has them, or else another function.
    pub(super) fn state_location(&self) -> Option<(&str, &str)> {
        let functions = [&self.rotation, &self.inventory, &self.notification];
        functions.into_iter().find_map(|found| found.deployed()?.state_location())
    }
}

async fn deployed(lambda: &aws_sdk_lambda::Client, name: &str) -> Found {
    const OPERATION: &str = "lambda:GetFunctionConfiguration";
    let answer = lambda.get_function_configuration().function_name(name).send().await;
    let answer = answer.map_err(|error| port_error(OPERATION, &error));
    match answer {
        Ok(answer) => {
            let configuration = FunctionConfiguration::builder()
                .set_function_name(answer.function_name)
                .set_function_arn(answer.function_arn)
                .set_role(answer.role)
                .set_state(answer.state)
                .set_last_update_status(answer.last_update_status)
                .set_timeout(answer.timeout)
                .set_dead_letter_config(answer.dead_letter_config)
                .set_environment(answer.environment);
            Found::Here(Box::new(Deployed::of(configuration.build())))
        }
        Err(error) => Found::Not(Verdict::of_error(&error, &format!("deploy it, or correct the name {name:?}"))),
    }
}

/// The function whose settings name this key-rotation.
async fn inventory_of(lambda: &aws_sdk_lambda::Client, rotation: &Found) -> Found {
    let Some(rotation) = rotation.deployed() else {
        return Found::Not(Verdict::not_checked(
            "it is found by key-rotation, which was not found",
            "see key-rotation",
        ));
    };
    match all(lambda).await {
        Err(error) => Found::Not(Verdict::of_error(&error, "give a second --function NAME")),
        Ok(functions) => {
            let starts = |function: &Deployed| {
                function.variables.get(ROTATION_FUNCTION.name).is_some_and(|name| rotation.is_named(name))
            };
            let missing = || {
                let found = format!("no function in this account and region has ROTATION_FUNCTION={}", rotation.name);
                Found::Not(Verdict::fail(found, "deploy account-inventory, or correct its ROTATION_FUNCTION"))
            };
            functions.into_iter().find(starts).map_or_else(missing, |function| Found::Here(Box::new(function)))
        }
    }
}

async fn all(lambda: &aws_sdk_lambda::Client) -> Result<Vec<Deployed>, PortError> {
    let mut pages = lambda.list_functions().into_paginator().send();
    let mut functions = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| port_error("lambda:ListFunctions", &error))?;
        functions.extend(page.functions.into_iter().flatten().map(Deployed::of));
    }
    Ok(functions)
}
