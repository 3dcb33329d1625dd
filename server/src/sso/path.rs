//! Where a sign-in leads back to.

use url::{Position, Url};

/// The longest address that is kept, in bytes.
const MAX: usize = 2000;

/// The path, query and fragment of a page of this portal; `/` for whatever could lead elsewhere or is no such address.
pub fn safe_path(to: &str) -> String {
    checked(to).unwrap_or_else(|| "/".to_owned())
}

fn checked(to: &str) -> Option<String> {
    // Browsers drop tabs and line ends from an address and take `\` for `/`, so none of them is let near one.
    if to.len() > MAX || !to.starts_with('/') || to.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return None;
    }
    let base = Url::parse("https://portico.invalid/").ok()?;
    let url = base.join(to).ok()?;
    let path = url.path();
    let hidden = path.to_ascii_lowercase();
    // A proxy on the way may decode once more, so `/%2fhost` is not trusted to stay here either.
    let leads_away = path.contains("//")
        || ["%2f", "%5c", "%25", "%00", "%09", "%0a", "%0d"].iter().any(|each| hidden.starts_with(&format!("/{each}")));
    // The end of a sign-in must not be the beginning of the next.
    let no_page = ["/sign-in", "/sign-out", "/signed-out", "/api/"].iter().any(|prefix| path.starts_with(prefix));
    if url.origin() != base.origin() || leads_away || no_page {
        return None;
    }
    Some(url[Position::BeforePath..].to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_of_this_portal_is_kept() {
        for path in
            ["/", "/catalog", "/catalog?kind=api&q=a+b", "/catalog/default/component/a%2Fb", "/a/b.c?next=https://x/"]
        {
            assert_eq!(safe_path(path), path);
        }
        assert_eq!(safe_path("/a/../b?c#there"), "/b?c#there");
        assert_eq!(safe_path("/ü"), "/%C3%BC");
    }

    #[test]
    fn whatever_could_lead_elsewhere_is_not() {
        for path in [
            "",
            "catalog",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%2f/evil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/%252fevil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "https:evil.example",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "//user@evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a//b",
            "/%09/evil.example",
            "/\u{0}",
            "/\u{85}/evil.example",
            "/\u{2028}/evil.example",
            "/sign-in",
            "/sign-in/bank?to=/",
            "/a/../sign-out",
            "/api/catalog/fn/refresh",
        ] {
            assert_eq!(safe_path(path), "/", "{path:?}");
        }
        assert_eq!(safe_path(&format!("/{}", "a".repeat(3000))), "/");
    }

    proptest! {
        #[test]
        fn what_comes_out_never_leaves_the_portal(
            start in prop::sample::select(vec!["", "/", "//", "/\\", "\\", "/%2f", "/%5C", "https:", "/.", "/..", "/\t", "@", "/:", "/?", "/#"]),
            rest in "\\PC{0,30}|[/\\\\%.:@?#a-f0-9\t\r\n]{0,20}",
        ) {
            let to = safe_path(&format!("{start}{rest}"));
            let mut bytes = to.bytes();
            prop_assert_eq!(bytes.next(), Some(b'/'));
            prop_assert!(!matches!(bytes.next(), Some(b'/' | b'\\')));
            prop_assert!(to.bytes().all(|b| b.is_ascii_graphic()) && !to.contains('\\'), "{}", to);
            for base in ["https://portico.bank.example/sign-in/bank/callback", "http://127.0.0.1:3000/"] {
                let base = Url::parse(base).unwrap();
                prop_assert_eq!(base.join(&to).unwrap().origin(), base.origin());
            }
            prop_assert_eq!(safe_path(&to), to);
        }
    }
}
