//! Which addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a connection to this address may be made. What is neither public nor (where that is allowed) private, such as
/// link-local, multicast and documentation addresses, is never connected to.
pub(super) fn allowed(address: IpAddr, allow_private: bool) -> bool {
    match reach(address) {
        Reach::Public => true,
        Reach::Private => allow_private,
        Reach::Never => false,
    }
}

/// Where clouds that use neither link-local nor public addresses for it keep their machines' credentials.
const METADATA: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254))];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Private,
    Never,
}

fn reach(address: IpAddr) -> Reach {
    if METADATA.contains(&address) {
        return Reach::Never;
    }
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        // This network, link-local, multicast, reserved and broadcast.
        [0, ..] | [169, 254, ..] | [224..=255, ..] => Reach::Never,
        // Protocol assignments, 6to4 relays, benchmarks and documentation.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Reach::Never
        }
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if let Some(address) = address.to_ipv4_mapped() {
        return reach(address.into());
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Reach::Private,
        // NAT64 leads to the IPv4 address at its end.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            reach(Ipv4Addr::new(a, b, c, d).into())
        }
        // Protocol assignments with Teredo, documentation and 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2002, ..] => Reach::Never,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_range_is_known() {
        for (expected, addresses) in [
            (
                Reach::Public,
                "1.1.1.1 100.63.9.9 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 223.255.255.255 2606:4700::1111 2001:200::1 ::ffff:1.1.1.1 64:ff9b::101:101",
            ),
            (
                Reach::Private,
                "10.0.0.1 127.0.0.1 127.9.9.9 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 ::1 fc00::1 fdff::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::a00:1",
            ),
            (
                Reach::Never,
                "0.0.0.0 169.254.169.254 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 100.100.100.200",
            ),
            (
                Reach::Never,
                ":: ::7f00:1 fe80::1 fec0::1 ff02::1 2001::1 2001:db8::1 2002:a00:1:: 3fff::1 64:ff9b:1::1 100::1 5f00::1 fd00:ec2::254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe",
            ),
        ] {
            for address in addresses.split(' ') {
                assert_eq!(reach(address.parse().expect(address)), expected, "{address}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_mapped_address_is_as_the_address_itself(bits: u32) {
            let address = Ipv4Addr::from(bits);
            prop_assert_eq!(reach(address.to_ipv6_mapped().into()), reach(address.into()));
        }

        #[test]
        fn what_the_standard_library_knows_as_inner_is_not_public(bits: u32) {
            let address = Ipv4Addr::from(bits);
            let inner = address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified();
            prop_assert!(!(inner && allowed(address.into(), false)));
        }
    }
}
