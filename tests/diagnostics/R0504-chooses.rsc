/ip address
add address=192.0.2.2/24 interface=ether1
add address=203.0.113.1/24 interface=ether2
/ip route
add gateway=192.0.2.1,192.0.2.9
/ip settings
set rp-filter=strict
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
/ipv6 address
add address=2001:db8:1::2/64 advertise=no interface=ether1
add address=2001:db8:88::1/64 advertise=no interface=ether2
/ipv6 route
add gateway=2001:db8:1::1,2001:db8:1::9
/ipv6 firewall filter
add action=drop chain=forward in-interface=ether1 protocol=udp
/rosc fastpath
set enabled=yes
