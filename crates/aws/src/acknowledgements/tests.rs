//! What is listed, read and deleted in the bucket, on the wire.

use super::*;
use crate::wire::{Answer, Sent, Wire, bucket_page};

const ACCOUNT: &str = "111122223333";

fn over(wire: &Wire) -> AwsAcknowledgements {
    AwsAcknowledgements::new(&wire.config(), Some("acks-bucket".to_owned()))
}

impl AwsAcknowledgements {
    /// What alice's hosts wrote since the first of November.
    async fn of_alice(&self) -> Result<Vec<Written>, PortError> {
        let since = "2026-11-01T00:00:00Z".parse().unwrap();
        self.places(&ACCOUNT.parse().unwrap(), &"alice".parse().unwrap(), since).await
    }
}

fn place() -> Place {
    Place::parse("acks/111122223333/alice/web-1.json").unwrap()
}

fn listing(keys: &[&str], next: Option<&str>) -> Answer {
    bucket_page(keys, "2026-11-20T02:00:00.000Z", next)
}

#[tokio::test]
async fn places_are_read_page_by_page_and_whatever_else_is_there_is_passed_over() {
    let first = ["acks/111122223333/alice/web-1.json", "acks/111122223333/alice/notes.txt"];
    let wire = Wire::new(move |nth, _: &Sent| {
        if nth == 0 { listing(&first, Some("t")) } else { listing(&["acks/111122223333/alice/web-2.json"], None) }
    });
    let places = over(&wire).of_alice().await.unwrap();
    let keys: Vec<_> = places.iter().map(|written| written.place.key()).collect();
    assert_eq!(keys, ["acks/111122223333/alice/web-1.json", "acks/111122223333/alice/web-2.json"]);
    assert!(wire.sent().iter().all(|sent| sent.uri.contains("prefix=acks%2F111122223333%2Falice%2F")));
    assert!(wire.sent()[1].uri.contains("continuation-token=t"));
}

#[tokio::test]
async fn what_was_written_long_ago_is_passed_over_and_too_many_are_enough() {
    let key = |number: usize| format!("acks/111122223333/alice/web-{number}.json");
    let keys: Vec<String> = (0..=MAX_HOSTS).map(key).collect();
    let wire = Wire::new(move |nth, _: &Sent| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let at = if nth == 0 { "2026-11-01T00:00:00.000Z" } else { "2026-11-01T00:00:01.000Z" };
        bucket_page(&keys, at, Some(&format!("t{nth}")))
    });
    let places = over(&wire).of_alice().await.unwrap();
    assert_eq!((places.len(), wire.sent().len()), (MAX_HOSTS + 1, 2));
    assert!(places.iter().all(|written| written.at.to_string() == "2026-11-01T00:00:01Z"));
}

#[tokio::test]
async fn an_object_without_a_time_is_an_error_and_neither_old_nor_new() {
    let listed =
        "<ListBucketResult><Contents><Key>acks/111122223333/alice/web-1.json</Key></Contents></ListBucketResult>";
    let wire = Wire::new(move |_, _: &Sent| Answer::Status(200, listed.to_owned()));
    let error = over(&wire).of_alice().await.unwrap_err();
    assert!(error.message.contains("alice/web-1.json without the time"), "{error}");
}

#[tokio::test]
async fn whatever_a_user_is_called_the_listing_is_of_that_user_alone() {
    for (user, sent) in [("web", "web%2F&"), ("a+=,.@_-b", "a%2B%3D%2C.%40_-b%2F&"), ("Web", "Web%2F&")] {
        let wire = Wire::new(|_, _: &Sent| listing(&[], None));
        let since = Timestamp::UNIX_EPOCH;
        over(&wire).places(&ACCOUNT.parse().unwrap(), &user.parse().unwrap(), since).await.unwrap();
        let uri = format!("{}&", wire.sent()[0].uri);
        assert!(uri.contains(&format!("prefix=acks%2F111122223333%2F{sent}")), "{uri}");
    }
}

#[tokio::test]
async fn a_list_without_end_is_an_error_and_no_half_a_list() {
    let wire = Wire::new(|nth, _: &Sent| listing(&[], Some(&format!("t{nth}"))));
    let error = over(&wire).of_alice().await.unwrap_err();
    assert_eq!((wire.sent().len(), error.message.contains("more than 10 pages")), (MAX_PAGES, true), "{error}");
}

#[tokio::test]
async fn no_more_is_read_of_an_object_than_an_acknowledgement_may_have() {
    let wire = Wire::new(|_, _: &Sent| Answer::Status(206, "said".to_owned()));
    assert_eq!(over(&wire).read(&place()).await.unwrap().as_deref(), Some(&b"said"[..]));
    assert_eq!(wire.sent()[0].header("range"), Some("bytes=0-4096"));
}

#[tokio::test]
async fn what_is_gone_is_none_what_is_empty_is_nothing_and_what_is_refused_is_an_error() {
    let refused = |code: &'static str, status| {
        Wire::new(move |_, _: &Sent| Answer::Status(status, format!("<Error><Code>{code}</Code></Error>")))
    };
    assert_eq!(over(&refused("NoSuchKey", 404)).read(&place()).await.unwrap(), None);
    assert_eq!(over(&refused("InvalidRange", 416)).read(&place()).await.unwrap(), Some(Vec::new()));
    let denied = refused("AccessDenied", 403);
    assert!(over(&denied).read(&place()).await.is_err());
    assert!(over(&denied).of_alice().await.is_err());
}

async fn forget(wire: &Wire) -> Result<(), PortError> {
    let acknowledgements = over(wire);
    let mut at = None;
    loop {
        let user = "alice".parse().unwrap();
        at = acknowledgements.forget_some(&ACCOUNT.parse().unwrap(), &user, at.as_deref()).await?;
        if at.is_none() {
            return Ok(());
        }
    }
}

#[tokio::test]
async fn of_a_user_who_is_gone_just_the_acknowledgements_are_deleted() {
    let listed = ["acks/111122223333/alice/web-1.json", "acks/111122223333/alice/notes.txt"];
    let wire = Wire::new(
        move |nth, _: &Sent| {
            if nth == 0 { listing(&listed, None) } else { Answer::Status(204, String::new()) }
        },
    );
    forget(&wire).await.unwrap();
    assert!(wire.sent()[0].uri.contains("prefix=acks%2F111122223333%2Falice%2F"), "{:?}", wire.sent()[0]);
    let [gone] = wire.deleted().try_into().unwrap();
    assert!(gone.ends_with("/acks/111122223333/alice/web-1.json"), "{gone}");
}

#[tokio::test]
async fn a_list_that_fails_deletes_nothing() {
    let denied = Wire::new(|_, _: &Sent| Answer::Status(403, "<Error><Code>AccessDenied</Code></Error>".to_owned()));
    assert!(forget(&denied).await.is_err());
    assert_eq!(denied.deleted(), Vec::<String>::new());
}

#[tokio::test]
async fn each_call_takes_a_few_and_the_next_goes_on_behind_them_whatever_else_is_there() {
    let wire = Wire::new(|_, sent: &Sent| {
        if !sent.uri.contains("list-type=2") {
            Answer::Status(204, String::new())
        } else if sent.uri.contains("start-after=acks%2F111122223333%2Falice%2Fb.txt") {
            listing(&["acks/111122223333/alice/web-1.json"], None)
        } else {
            listing(&["acks/111122223333/alice/a.txt", "acks/111122223333/alice/b.txt"], Some("t"))
        }
    });
    forget(&wire).await.unwrap();
    let [gone] = wire.deleted().try_into().unwrap();
    assert!(gone.ends_with("/acks/111122223333/alice/web-1.json"), "{gone}");
    let sent = wire.sent();
    let lists: Vec<_> = sent.iter().filter(|sent| sent.uri.contains("list-type=2")).collect();
    assert!(lists.len() == 2 && lists.iter().all(|sent| sent.uri.contains("max-keys=16")), "{lists:?}");
}

#[tokio::test]
async fn without_a_bucket_nothing_is_sent() {
    let wire = Wire::new(|_, _: &Sent| Answer::Lost);
    let nowhere = AwsAcknowledgements::new(&wire.config(), None);
    assert_eq!(nowhere.of_alice().await.unwrap(), Vec::new());
    assert_eq!(nowhere.read(&place()).await.unwrap(), None);
    let left = nowhere.forget_some(&ACCOUNT.parse().unwrap(), &"alice".parse().unwrap(), None).await;
    assert_eq!(left.unwrap(), None);
    assert!(wire.sent().is_empty());
}
