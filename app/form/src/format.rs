//! The formats that a text may have to keep to. One that is not known is no rule.

use std::net::Ipv6Addr;

use crate::Matcher;

/// Whether a text has a format.
pub(crate) fn holds(name: &str, text: &str, matcher: &dyn Matcher) -> bool {
    match name {
        "date" => date(text),
        "time" => time(text),
        "date-time" => date_time(text),
        "duration" => duration(text),
        "email" => email(text),
        "hostname" => hostname(text),
        "ipv4" => ipv4(text),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "uri" => uri(text),
        "url" => url(text),
        "uri-reference" => uri_reference(text),
        "uri-template" => uri_template(text),
        "uuid" => uuid(text),
        "regex" => matcher.matches(text, "").is_some(),
        "json-pointer" => json_pointer(text),
        "json-pointer-uri-fragment" => text.strip_prefix('#').is_some_and(|rest| json_pointer(rest) && printable(rest)),
        "relative-json-pointer" => relative_json_pointer(text),
        "byte" => base64(text),
        "data-url" => data_url(text),
        "color" => color(text),
        _ => true,
    }
}

/// What a text of a format is, as in "Must be …".
pub(crate) fn description(name: &str) -> String {
    match name {
        "date" => "a date such as 2026-01-31",
        "time" => "a time such as 13:45:00",
        "date-time" => "a date and time such as 2026-01-31T13:45:00Z",
        "duration" => "a duration such as P1DT12H",
        "email" => "an e-mail address",
        "hostname" => "a host name such as example.com",
        "ipv4" => "an IPv4 address such as 192.0.2.1",
        "ipv6" => "an IPv6 address such as 2001:db8::1",
        "uri" => "an address such as https://example.com/page",
        "url" => "a web address such as https://example.com/page",
        "uri-reference" => "an address, whole or relative",
        "uuid" => "a UUID such as 123e4567-e89b-12d3-a456-426614174000",
        "regex" => "a regular expression",
        "data-url" => "a file",
        "color" => "a color such as #1a2b3c",
        other => return format!("of the format {other}"),
    }
    .into()
}

/// The number at the start of a text, of so many digits, and what follows.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())??, rest))
}

fn date(text: &str) -> bool {
    let read = || {
        let (year, rest) = digits(text, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => 0,
        };
        Some(rest.is_empty() && (1..=days).contains(&day))
    };
    read() == Some(true)
}

fn time(text: &str) -> bool {
    let read = || {
        let (hour, rest) = digits(text, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (second, mut rest) = digits(rest.strip_prefix(':')?, 2)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() {
                return None;
            }
        }
        let leap = (hour, minute, second) == (23, 59, 60);
        Some((hour < 24 && minute < 60 && second < 60 || leap) && zone(rest))
    };
    read() == Some(true)
}

/// `Z`, `+01`, `+01:00`, `+0100`, or nothing.
fn zone(text: &str) -> bool {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return true;
    }
    let Some(rest) = text.strip_prefix(['+', '-']) else { return false };
    let Some((_, rest)) = digits(rest, 2) else { return false };
    rest.is_empty() || digits(rest.strip_prefix(':').unwrap_or(rest), 2).is_some_and(|(_, rest)| rest.is_empty())
}

fn date_time(text: &str) -> bool {
    let mut parts = text.split(|c: char| c.eq_ignore_ascii_case(&'t') || c.is_whitespace());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(hour), None) => date(day) && time(hour),
        _ => false,
    }
}

fn duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P').filter(|rest| !rest.is_empty()) else { return false };
    let take = |text: &mut &str, units: &str| {
        for unit in units.chars() {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 && text[digits..].starts_with(unit) {
                *text = &text[digits + 1..];
            }
        }
    };
    let mut weeks = rest;
    take(&mut weeks, "W");
    if weeks.is_empty() {
        return true;
    }
    let mut rest = rest;
    take(&mut rest, "YMD");
    if let Some(hours) = rest.strip_prefix('T') {
        if !hours.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        rest = hours;
        take(&mut rest, "HMS");
    }
    rest.is_empty()
}

fn email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c))
    };
    local.split('.').all(atom) && domain.contains('.') && domain.split('.').all(|part| label(part, usize::MAX))
}

fn label(part: &str, most: usize) -> bool {
    !part.is_empty()
        && part.len() <= most
        && !part.starts_with('-')
        && !part.ends_with('-')
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn hostname(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    name.len() <= 253 && name.split('.').all(|part| label(part, 63))
}

fn ipv4(text: &str) -> bool {
    let mut parts = 0;
    text.split('.').all(|part| {
        parts += 1;
        (1..=3).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u16>().is_ok_and(|part| part < 256)
    }) && parts == 4
}

/// Whether all characters may stand in an address, with `%` only before two hexadecimal digits.
fn chars(text: &str, more: &str) -> bool {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '%' {
            if !rest.get(1..3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
                return false;
            }
            rest = &rest[3..];
        } else if c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c) || more.contains(c) {
            rest = &rest[1..];
        } else {
            return false;
        }
    }
    true
}

fn printable(text: &str) -> bool {
    chars(text, "/")
}

/// Takes query and fragment away; `None` where they cannot be read.
fn hierarchical(text: &str) -> Option<&str> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    (chars(fragment, "/?|") && chars(query, "/?|")).then_some(text)
}

fn scheme(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    valid.then_some((name, rest))
}

/// Host, port and user of an address, then its path.
fn located(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("//") else { return chars(text, "/") };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let host_holds = match host.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, port)) => {
            let address_holds =
                address.parse::<Ipv6Addr>().is_ok() || address.starts_with(['v', 'V']) && chars(address, "");
            address_holds && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        }
        None => {
            let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
            chars(name, "") && !name.contains([':', '@']) && is_port(port)
        }
    };
    chars(user, "") && !user.contains('@') && host_holds && chars(path, "/")
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn uri(text: &str) -> bool {
    scheme(text).and_then(|(_, rest)| hierarchical(rest)).is_some_and(|rest| !rest.is_empty() && located(rest))
}

fn uri_reference(text: &str) -> bool {
    if uri(text) {
        return true;
    }
    hierarchical(text).is_some_and(|rest| located(rest) && !rest.split('/').next().unwrap_or_default().contains(':'))
}

fn url(text: &str) -> bool {
    let lower = text.to_lowercase();
    let Some(rest) = ["http://", "https://", "ftp://"].iter().find_map(|scheme| lower.strip_prefix(scheme)) else {
        return false;
    };
    if rest.contains(char::is_whitespace) {
        return false;
    }
    let (authority, _) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = host.rsplit_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| !(2..=5).contains(&port.len()) || !is_port(port)) {
        return false;
    }
    if ipv4(host) {
        let octets: Vec<u16> = host.split('.').filter_map(|part| part.parse().ok()).collect();
        let private = matches!(octets[..], [10 | 127, ..] | [169, 254, ..] | [192, 168, ..] | [172, 16..=31, ..]);
        return !private && (1..=223).contains(&octets[0]) && (1..=254).contains(&octets[3]);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let wide = |c: char| c.is_ascii_alphanumeric() || ('\u{a1}'..='\u{ffff}').contains(&c);
    let named =
        |part: &str| !part.is_empty() && part.split('-').all(|piece| piece.chars().all(wide)) && part.ends_with(wide);
    let top = host.rsplit('.').next().unwrap_or_default();
    host.contains('.')
        && host.split('.').all(named)
        && top.chars().count() >= 2
        && top.chars().all(|c| wide(c) && !c.is_ascii_digit())
}

fn uri_template(text: &str) -> bool {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '{' {
            let Some((inside, after)) = rest[1..].split_once('}') else { return false };
            let inside = inside.strip_prefix(|c| "+#./;?&=,!@|".contains(c)).unwrap_or(inside);
            if inside.is_empty() || !inside.split(',').all(variable) {
                return false;
            }
            rest = after;
        } else if c == '%' {
            if !rest.get(1..3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
                return false;
            }
            rest = &rest[3..];
        } else if c <= ' ' || "\"'<>\\^`|}".contains(c) {
            return false;
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    true
}

fn variable(text: &str) -> bool {
    let (name, length) = match text.strip_suffix('*') {
        Some(name) => (name, None),
        None => text.split_once(':').map_or((text, None), |(name, length)| (name, Some(length))),
    };
    let length_holds =
        length.is_none_or(|length| (1..=4).contains(&length.len()) && is_port(length) && !length.starts_with('0'));
    length_holds && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn uuid(text: &str) -> bool {
    let text = text.get(..9).filter(|start| start.eq_ignore_ascii_case("urn:uuid:")).map_or(text, |_| &text[9..]);
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn json_pointer(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    text.starts_with('/') && text.split('~').skip(1).all(|after| after.starts_with(['0', '1']))
}

fn relative_json_pointer(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    !number.is_empty() && (number == "0" || !number.starts_with('0')) && (rest == "#" || json_pointer(rest))
}

fn base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - data.len() <= 2
        && data.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

fn data_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("data:") else { return false };
    let Some((media, rest)) = rest.split_once(';') else { return false };
    let media_holds = media.is_empty()
        || media.split_once('/').is_some_and(|(kind, name)| {
            !kind.is_empty()
                && kind.chars().all(|c| c.is_ascii_lowercase())
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-+.".contains(c))
        });
    let encoded = rest.starts_with("base64,") || rest.starts_with("name=") && rest.contains(";base64,");
    media_holds && encoded && !rest.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

const COLORS: [&str; 17] = [
    "aqua", "black", "blue", "fuchsia", "gray", "green", "lime", "maroon", "navy", "olive", "orange", "purple", "red",
    "silver", "teal", "white", "yellow",
];

fn color(text: &str) -> bool {
    let hex = text.strip_prefix('#').unwrap_or(text);
    if [3, 6].contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit()) || COLORS.contains(&text) {
        return true;
    }
    let Some(inside) = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) else { return false };
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    let number = |part: &&str| is_port(part) && part.parse::<u16>().is_ok_and(|part| part < 256);
    let percent = |part: &&str| {
        part.strip_suffix('%').is_some_and(|part| is_port(part) && part.parse::<u16>().is_ok_and(|part| part <= 100))
    };
    parts.len() == 3 && (parts.iter().all(number) || parts.iter().all(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_or_do_not() {
        let cases: [(&str, &[&str], &[&str]); 16] = [
            (
                "date",
                &["2024-02-29", "2026-12-31"],
                &["2023-02-29", "2026-13-01", "26-01-01", "", "2026-1-1", "2026-01-01x"],
            ),
            (
                "time",
                &["13:45:00", "23:59:60Z", "01:02:03.5+01:00"],
                &["24:00:00", "13:45", "1:2:3", "13:45:00.", "13:45:00+1"],
            ),
            ("date-time", &["2026-01-31T13:45:00Z", "2026-01-31 13:45:00"], &["2026-01-31", "2026-01-31T13:45", "T"]),
            ("duration", &["P1D", "PT12H", "P1Y2M3DT4H5M6S", "P3W"], &["P", "PT", "1D", "P1W2D", "P1H"]),
            (
                "email",
                &["a@b.co", "x.y+z@sub.example.com"],
                &["a@b", "a.b.co", ".a@b.co", "a@-b.co", "a b@c.de", "a@b@c.de"],
            ),
            ("hostname", &["example.com", "a", "a-b.c."], &["-a", "a..b", "", "a_b"]),
            ("ipv4", &["192.0.2.1", "01.1.1.1"], &["256.1.1.1", "1.1.1", "1.1.1.1.1", "a.b.c.d"]),
            ("ipv6", &["2001:db8::1", "::", "::ffff:1.2.3.4"], &["2001", "1::2::3", "g::"]),
            (
                "uri",
                &["https://a.b/c?d#e", "mailto:a@b", "urn:x", "a:/b", "http://[::1]:80/"],
                &["a", "/a", "http:", "http://a b", "https://a/%zz", ":a"],
            ),
            (
                "url",
                &["https://example.com/x?y", "ftp://a.bc"],
                &["https://a", "https://10.0.0.1", "mailto:a@b.c", "http://a b.cd"],
            ),
            ("uri-reference", &["/a", "a/b", "https://a", "", "#x"], &["a b", "\\"]),
            ("uuid", &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567", "123e4567-e89b-12d3-a456-42661417400g"]),
            ("json-pointer", &["", "/a/b~0c~1"], &["a", "/a~2"]),
            ("byte", &["", "YQ==", "YWI="], &["YQ=", "Y Q=", "Y==="]),
            (
                "data-url",
                &["data:text/plain;base64,YQ==", "data:text/plain;name=a.txt;base64,YQ=="],
                &["data:,x", "text", "data:text/plain,YQ"],
            ),
            (
                "color",
                &["#abc", "a1b2c3", "red", "rgb(1, 2,3)", "rgb(1%,2%,100%)"],
                &["#ab", "blu", "rgb(1,2)", "rgb(256,0,0)"],
            ),
        ];
        for (format, good, bad) in cases {
            for text in good {
                assert!(holds(format, text, &|_: &str, _: &str| None), "{format} {text}");
            }
            for text in bad {
                assert!(!holds(format, text, &|_: &str, _: &str| None), "{format} {text}");
            }
        }
        assert!(holds("no-such-format", "x", &|_: &str, _: &str| None));
    }
}
