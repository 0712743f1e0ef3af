use std::collections::BTreeSet;

use aws_sdk_organizations::Client;
use keywheel_aws::AwsOrganization;
use keywheel_engine::ports::{ErrorKind, Organization, OuId};

use crate::emulator::{Account, on_both};

on_both!(
    every_account_on_every_page_is_listed_with_its_state,
    accounts_and_units_are_found_below_their_parent,
    an_unknown_parent_is_named,
    an_account_without_an_organization_is_an_error,
);

/// More than one of Organizations' pages.
const MEMBERS: usize = 24;

async fn organization(account: &Account, members: usize) -> (Client, String) {
    let client = Client::new(&account.config);
    client.create_organization().send().await.unwrap();
    for number in 0..members {
        let request = client.create_account().account_name(format!("account {number}"));
        request.email(format!("{number}@example.com")).send().await.unwrap();
    }
    let pages: Result<Vec<_>, _> = client.list_roots().into_paginator().send().collect().await;
    let root = pages.unwrap().iter().find_map(|page| page.roots().first()?.id().map(str::to_owned));
    (client, root.unwrap())
}

async fn unit(client: &Client, parent: &str, name: &str) -> OuId {
    let made = client.create_organizational_unit().parent_id(parent).name(name).send().await.unwrap();
    OuId(made.organizational_unit.and_then(|unit| unit.id).unwrap())
}

async fn every_account_on_every_page_is_listed_with_its_state(account: Account) {
    organization(&account, MEMBERS).await;
    let organization = AwsOrganization::new(&account.config);
    let accounts = organization.accounts().await.unwrap();
    assert_eq!(accounts.len(), MEMBERS + 1);
    assert_eq!(accounts.iter().map(|account| &account.id).collect::<BTreeSet<_>>().len(), MEMBERS + 1);
    assert!(accounts.iter().all(|account| account.state == "ACTIVE"), "{accounts:?}");
    let named = accounts.iter().find(|account| account.name == "account 7").unwrap();
    assert_eq!(named.email, "7@example.com");
    assert_eq!(organization.management_account().await, Ok(account.id));
}

async fn accounts_and_units_are_found_below_their_parent(account: Account) {
    let (client, root) = organization(&account, 2).await;
    let organization = AwsOrganization::new(&account.config);
    let outer = unit(&client, &root, "outer").await;
    let inner = unit(&client, &outer.0, "inner").await;
    let accounts = organization.accounts().await.unwrap();
    let member = accounts.iter().find(|member| member.id != account.id).unwrap().id.clone();
    let moved = client.move_account().account_id(member.as_str()).source_parent_id(&root);
    moved.destination_parent_id(&inner.0).send().await.unwrap();
    assert_eq!(organization.children_of(&OuId(root.clone())).await, Ok(vec![outer.clone()]));
    assert_eq!(organization.children_of(&outer).await, Ok(vec![inner.clone()]));
    assert_eq!(organization.children_of(&inner).await, Ok(Vec::new()));
    assert_eq!(organization.accounts_of(&outer).await, Ok(Vec::new()));
    assert_eq!(organization.accounts_of(&inner).await, Ok(vec![member]));
    assert_eq!(organization.accounts_of(&OuId(root)).await.unwrap().len(), 2);
}

async fn an_unknown_parent_is_named(account: Account) {
    organization(&account, 0).await;
    let unknown = OuId("ou-abcd-00000000".to_owned());
    let error = AwsOrganization::new(&account.config).accounts_of(&unknown).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert!(error.message.contains("ou-abcd-00000000"), "{error}");
}

async fn an_account_without_an_organization_is_an_error(account: Account) {
    let organization = AwsOrganization::new(&account.config);
    let error = organization.management_account().await.unwrap_err();
    assert!(error.message.contains("AWSOrganizationsNotInUseException"), "{error}");
}
