//! Who acts under a permit: one registered person, under an own account or a shared one.

use super::form::bad;
use super::terms::{Handler, Terms};
use crate::error::Result;
use crate::text;

/// The registered person behind an account.
pub(super) fn handler(terms: &Terms, uid: u32, named: Option<&str>) -> Result<Handler> {
    let by_name = |name: &str| terms.handler.iter().find(|h| h.name == name);
    if let Some(own) = terms.handler.iter().find(|h| h.uid == uid) {
        return match named {
            Some(name) if name != own.name => Err(bad(
                "handler",
                text!(
                    "--handler {name}: uid {uid} is another handler's own account; leave --handler out, or use your own account",
                    "--handler {name}: uid {uid} は別の取扱者本人のアカウントです。--handler を外すか、ご自身のアカウントで実行してください"
                ),
            )),
            _ => Ok(own.clone()),
        };
    }
    if !terms.project_accounts.contains(&uid) {
        return Err(bad(
            "handler",
            text!(
                "uid {uid} is no handler of this permit; ask the platform office to register you, or use your registered account",
                "uid {uid} はこの許可証の取扱者ではありません。取扱者の登録をプラットフォーム事務局に申請するか、登録済みのアカウントで実行してください"
            ),
        ));
    }
    let Some(name) = named else {
        return Err(bad(
            "project_accounts",
            text!(
                "several people share uid {uid}; say who you are with --handler NAME, as the permit spells it",
                "uid {uid} は共用アカウントです。許可証に記載の氏名を --handler NAME で指定してください"
            ),
        ));
    };
    by_name(name).cloned().ok_or_else(|| {
        bad(
            "handler",
            text!(
                "--handler {name}: no handler of this permit has that name; write it as the permit does, or ask the platform \
                 office to register the person",
                "--handler {name}: この許可証にその氏名の取扱者はいません。許可証の表記どおりに書くか、登録をプラットフォーム事務局に申請してください"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_acts_is_one_registered_person() {
        let terms: Terms = toml::from_str(super::super::form::tests::GOOD).unwrap();
        let who = |uid, named| handler(&terms, uid, named).map(|h| h.name).map_err(|e| e.place().to_owned());
        assert_eq!(who(5001, None), Ok("Hanako".into()));
        assert_eq!(who(5001, Some("Hanako")), Ok("Hanako".into()));
        assert_eq!(who(5001, Some("Taro")), Err("handler".into()), "not in another's name");
        assert_eq!(who(1234, Some("Hanako")), Err("handler".into()), "a name is no account");
        assert_eq!(who(5000, Some("Taro")), Ok("Taro".into()));
        assert_eq!(who(5000, None), Err("project_accounts".into()));
        assert_eq!(who(5000, Some("Jiro")), Err("handler".into()));
    }
}
