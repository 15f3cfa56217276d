# A router with addresses of its own and three uplinks, of which the third is twice as wide. Nothing is translated and
# nothing filtered on its way through, so packets need not pass the stack: the fast path shares them among the uplinks.
/ip address
add address=192.0.2.2/29 interface=ether1
add address=192.0.2.10/29 interface=ether2
add address=192.0.2.18/29 interface=ether3
add address=203.0.113.1/24 interface=ether4
/ipv6 address
add address=2001:db8:1::2/64 advertise=no interface=ether1
add address=2001:db8:2::2/64 advertise=no interface=ether2
add address=2001:db8:3::2/64 advertise=no interface=ether3
add address=2001:db8:88::1/64 advertise=no interface=ether4
/ip route
add gateway=192.0.2.1,192.0.2.9,192.0.2.17,192.0.2.17
add dst-address=198.51.100.0/24 gateway=192.0.2.9
add blackhole dst-address=10.0.0.0/8
/ipv6 route
add gateway=2001:db8:1::1,2001:db8:2::1,2001:db8:3::1,2001:db8:3::1
add dst-address=2001:db8:f::/48 gateway=2001:db8:2::1
# Connections are told apart by addresses, protocol and ports.
/ip settings
set ipv4-multipath-hash-policy=l4
/ipv6 settings
set multipath-hash-policy=l4
# What is meant for the router itself is filtered: no packet of others meets these rules.
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=accept chain=input protocol=icmp
add action=accept chain=input in-interface=ether4
add action=drop chain=input
/rosc fastpath
set enabled=yes
