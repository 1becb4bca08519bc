use super::*;

fn kind(address: &str) -> Option<&'static str> {
    special(address.parse().unwrap())
}

/// Both ends of every range, and the neighbours on either side.
#[test]
fn addresses_that_are_not_public_are_special() {
    for address in [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.170.2",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.192",
        "192.0.2.0",
        "192.0.2.255",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "100.100.100.200",
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:169.254.169.254",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::a9fe:a9fe",
        "100::1",
        "2001::1",
        "2001:0:4136:e378::",
        "2001:1::1",
        "2001:1ff:ffff::",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "3fff:fff:ffff::",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fdff:ffff::",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff02::1",
        "ffff::",
    ] {
        assert!(kind(address).is_some(), "{address}");
    }
}

#[test]
fn public_addresses_are_not() {
    for address in [
        "1.0.0.0",
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2001:db7::1",
        "2001:db9::1",
        "2003::1",
        "2606:4700::1111",
        "3ffe::1",
        "3fff:1000::1",
    ] {
        assert_eq!(kind(address), None, "{address}");
    }
}

#[test]
fn every_kind_is_told_apart() {
    for (address, words) in [
        ("169.254.169.254", "instance metadata"),
        ("fd00:ec2::254", "instance metadata"),
        ("::ffff:10.0.0.1", "IPv4 address in IPv6"),
        ("64:ff9b::a00:1", "NAT64"),
        ("2001::a00:1", "Teredo"),
        ("2002:a00:1::", "6to4"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("4000::", "not a global unicast"),
    ] {
        let kind = kind(address).unwrap();
        assert!(kind.contains(words), "{address}: {kind}");
    }
}

/// However the address is spelled in the URL.
#[tokio::test(flavor = "current_thread")]
async fn a_special_address_is_refused_in_every_spelling() {
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "0177.0.0.01",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "10.1",
        "192.168.257",
        "0xa9fea9fe",
        "2852039166",
        "169.254.169.254",
        "0xA9.0xFE.0xa9.0xfe",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:7f00:1::]",
        "localhost",
        "LocalHost",
    ] {
        let target = Target::parse(&format!("http://{host}/")).unwrap();
        match resolved(&target, false).await {
            Err(FetchError::Unusable(error)) => {
                assert!(error.contains("is not asked"), "{host}: {error}");
            }
            other => panic!("{host}: {other:?}"),
        }
        // The name that a resolver has at hand, not one that was allowed.
        assert!(resolved(&target, true).await.is_ok(), "{host}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_public_address_is_connected_to_as_it_is() {
    let target = Target::parse("http://8.8.8.8:8080/").unwrap();
    let addresses = resolved(&target, false).await.unwrap();
    assert_eq!(addresses, ["8.8.8.8:8080".parse().unwrap()]);
}
