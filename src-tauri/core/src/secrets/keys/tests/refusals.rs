//! A keychain that says no, and what is remembered of that.

use super::*;

#[tokio::test]
async fn several_changes_are_made_together_or_not_at_all() {
    let keychain = Fake::default();
    let keys = keychain.keys();
    let (one, other) = (SecretName::new("one"), SecretName::new("other"));
    keys.keep(&one, secret(FIRST)).await.unwrap();
    keys.keep(&other, secret("other")).await.unwrap();
    keys.keep_for_this_run(&one, secret("run")).unwrap();
    let changes = || vec![(one.clone(), Some(secret(SECOND))), (other.clone(), None)];
    let held = || {
        let text = |name: &SecretName| {
            keychain.held().get(name.as_str()).map(|held| String::from_utf8(held.clone()).unwrap())
        };
        (text(&one), text(&other))
    };
    let as_before = (Some(FIRST.to_owned()), Some("other".to_owned()));
    // The first is changed with three questions; the second is read with the fourth, and refused with the fifth.
    for _ in 0..4 {
        drop(keychain.hang());
    }
    keychain.next(Next::Fail(Error::NotSupportedByStore("no".into())));
    assert!(keys.change(changes()).await.is_err());
    assert_eq!(held(), as_before, "what was changed already is put back");
    assert_eq!(keys.find(&one, &[]).await.unwrap().unwrap().source, KeySource::ThisRun);
    let mut with_unfit = changes();
    with_unfit.push((name(), Some(secret("a\nb"))));
    assert!(matches!(keys.change(with_unfit).await, Err(KeychainError::Unfit(_))));
    assert_eq!(held(), as_before);
    let before = keys.change(changes()).await.unwrap();
    assert_eq!(held(), (Some(SECOND.to_owned()), None));
    assert_eq!(keys.find(&other, &[]).await.unwrap(), None);
    keys.put_back(before).await;
    assert_eq!(held(), as_before, "whoever changed them may think again");
    assert_eq!(keys.find(&one, &[]).await.unwrap().unwrap().source, KeySource::ThisRun);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_keychain_that_was_locked_is_known_to_be_until_it_answers() {
    let keychain = Fake::default();
    let keys = keychain.keys();
    let other = SecretName::new("other");
    assert_eq!(keys.refused(&other), None);
    keychain.next(Next::Fail(Error::NoStorageAccess(platform())));
    keys.find(&name(), &[]).await.unwrap_err();
    assert_eq!(keys.refused(&other), Some(KeychainError::Locked), "it is locked for all");
    keys.find(&other, &[]).await.unwrap();
    assert_eq!((keys.refused(&name()), keys.refused(&other)), (None, None), "it was unlocked");
    keychain.held().insert(name().to_string(), vec![b's', 0xff]);
    keys.find(&name(), &[]).await.unwrap_err();
    assert!(keys.refused(&name()).is_some() && keys.refused(&other).is_none(), "one key is broken");
    keys.ask_again();
    assert_eq!(keys.refused(&name()), None);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_waited_while_the_keychain_stayed_locked_is_not_asked_again() {
    let keychain = Fake::default();
    let keys = keychain.keys();
    keychain.next(Next::Fail(Error::NoStorageAccess(platform())));
    let (names, variables) = ([name(), SecretName::new("other")], []);
    let (one, other) = tokio::join!(keys.find(&names[0], &variables), keys.find(&names[1], &variables));
    assert_eq!((one, other), (Err(KeychainError::Locked), Err(KeychainError::Locked)));
    assert_eq!(keychain.asked(), ["get"]);
    assert_eq!(found(&keys).await, None, "a later question is a new one");
}
