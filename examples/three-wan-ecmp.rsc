# Three uplinks share the load of a LAN.
#
# The default routes stand in a table of their own, which only the LAN uses. Everything more specific than a
# default route is found in main first (min-prefix=0), so the LAN reaches the router and its networks, and the
# router's own traffic never takes the balanced table.
/ip address
add address=172.16.5.2/24 interface=ether1
add address=172.16.6.2/24 interface=ether2
add address=172.16.7.2/24 interface=ether3
add address=192.168.88.1/24 interface=ether4
/routing table
add fib name=ecmp
/ip route
add gateway=172.16.5.254 routing-table=ecmp
add gateway=172.16.6.254 routing-table=ecmp
add gateway=172.16.7.254 routing-table=ecmp
/routing rule
add action=lookup min-prefix=0 table=main
add action=lookup src-address=192.168.88.0/24 table=ecmp
# Addresses, protocol and ports decide, so that one client can use all uplinks.
/ip settings
set ipv4-multipath-hash-policy=l4
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
add action=masquerade chain=srcnat out-interface=ether3
