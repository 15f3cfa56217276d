# Three uplinks share the load of a LAN, in IPv6. Each provider knows only its own prefix, so the LAN's addresses
# are masqueraded behind that of the uplink taken.
/ipv6 address
add address=2001:db8:5::2/64 advertise=no interface=ether1
add address=2001:db8:6::2/64 advertise=no interface=ether2
add address=2001:db8:7::2/64 advertise=no interface=ether3
add address=2001:db8:88::1/64 advertise=no interface=ether4
/routing table
add fib name=ecmp
/ipv6 route
add gateway=2001:db8:5::fe routing-table=ecmp
add gateway=2001:db8:6::fe routing-table=ecmp
add gateway=2001:db8:7::fe routing-table=ecmp
/routing rule
add action=lookup min-prefix=0 table=main
add action=lookup src-address=2001:db8:88::/64 table=ecmp
/ipv6 settings
set multipath-hash-policy=l4
/ipv6 firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
add action=masquerade chain=srcnat out-interface=ether3
