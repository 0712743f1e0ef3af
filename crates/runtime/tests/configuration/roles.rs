//! Roles that are assumed.

use crate::support::{inventory, message, refused, rotation};

#[test]
fn an_external_id_is_never_printed() {
    let id = "Swordfish-4711";
    let config =
        rotation(&[("MEMBER_ROLE_NAME", "platform/keywheel-member"), ("MEMBER_ROLE_EXTERNAL_ID", id)]).unwrap();
    assert!(!format!("{config:?}").contains(id));
    assert_eq!(config.member_role.unwrap().external_id.unwrap().as_str(), id);

    let wrong = message(rotation(&[("MEMBER_ROLE_NAME", "member"), ("MEMBER_ROLE_EXTERNAL_ID", "Sword fish")]));
    assert!(wrong.contains("MEMBER_ROLE_EXTERNAL_ID is a value that is not shown here") && !wrong.contains("fish"));
    let alone = message(rotation(&[("MEMBER_ROLE_EXTERNAL_ID", id)]));
    assert!(alone.contains("MEMBER_ROLE_NAME is not") && !alone.contains(id));
}

#[test]
fn a_role_may_have_a_path_and_is_no_arn() {
    let role = |name| rotation(&[("MEMBER_ROLE_NAME", name)]).map(|config| config.member_role.unwrap().name);
    assert_eq!(role("a/b/Member+Role=1").unwrap(), "a/b/Member+Role=1");
    for wrong in ["/member", "member/", "a//b", "arn:aws:iam::111122223333:role/member", "mem ber", "member*"] {
        assert_eq!(refused(role(wrong)), ["MEMBER_ROLE_NAME"], "{wrong:?}");
    }
    let listed = |arn| inventory(&[("ORG_LIST_ROLE_ARN", arn)]);
    assert!(listed("arn:aws-us-gov:iam::111122223333:role/service/org-list").is_ok());
    for wrong in
        ["org-list", "arn:aws:iam::1111:role/x", "arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:role/"]
    {
        assert_eq!(refused(listed(wrong)), ["ORG_LIST_ROLE_ARN"], "{wrong:?}");
    }
}

#[test]
fn a_user_path_begins_and_ends_with_a_slash() {
    assert_eq!(rotation(&[]).unwrap().policy.user_path, "/");
    for path in ["/", "/service/", "/service/ci-1/"] {
        assert_eq!(rotation(&[("USER_PATH", path)]).unwrap().policy.user_path, path);
    }
    for path in ["service", "/service", "service/", "//", "/a//b/", "/a b/", "/*/"] {
        assert_eq!(refused(rotation(&[("USER_PATH", path)])), ["USER_PATH"], "{path}");
    }
}
