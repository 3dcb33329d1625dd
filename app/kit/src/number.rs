//! Numbers as people read them.

/// A number in groups of three digits, apart by a narrow space that does not break and that no language takes for a decimal mark.
pub fn digits(number: u64) -> String {
    let plain = number.to_string();
    let mut grouped = String::with_capacity(plain.len() + plain.len() / 3 * 3);
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes_from_the_right() {
        let plain = |number| digits(number).replace('\u{202f}', " ");
        assert_eq!([0, 7, 999].map(plain), ["0", "7", "999"]);
        assert_eq!([1_000, 12_345, 100_000, 1_234_567].map(plain), ["1 000", "12 345", "100 000", "1 234 567"]);
    }
}
