# The IPv6 twin of pcc-two-wan.rsc.
/interface bridge
add name=bridge1 protocol-mode=none
/interface bridge port
add bridge=bridge1 interface=ether3
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
/ipv6 address
add address=2001:db8:1::2/64 interface=ether1 advertise=no
add address=2001:db8:2::2/64 interface=ether2 advertise=no
add address=2001:db8:88::1/64 interface=bridge1 advertise=no
/routing table
add fib name=to-wan1
add fib name=to-wan2
/ipv6 firewall mangle
add action=accept chain=prerouting dst-address=2001:db8:1::/64 in-interface=bridge1
add action=accept chain=prerouting dst-address=2001:db8:2::/64 in-interface=bridge1
# Neighbour discovery has no connection.
add action=accept chain=prerouting connection-state=invalid,untracked
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether1 new-connection-mark=wan1
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether2 new-connection-mark=wan2
add action=mark-connection chain=prerouting connection-mark=no-mark dst-address-type=!local in-interface=bridge1 \
    new-connection-mark=wan1 per-connection-classifier=both-addresses-and-ports:2/0
add action=mark-connection chain=prerouting connection-mark=no-mark dst-address-type=!local in-interface=bridge1 \
    new-connection-mark=wan2 per-connection-classifier=both-addresses-and-ports:2/1
add action=mark-routing chain=prerouting connection-mark=wan1 in-interface=bridge1 new-routing-mark=to-wan1
add action=mark-routing chain=prerouting connection-mark=wan2 in-interface=bridge1 new-routing-mark=to-wan2
add action=mark-routing chain=output connection-mark=wan1 new-routing-mark=to-wan1
add action=mark-routing chain=output connection-mark=wan2 new-routing-mark=to-wan2
/ipv6 firewall nat
add action=masquerade chain=srcnat out-interface-list=WAN
add action=dst-nat chain=dstnat dst-port=8443 in-interface-list=WAN protocol=tcp to-address=2001:db8:88::a/128 \
    to-ports=443
/ipv6 route
add check-gateway=ping gateway=2001:db8:1::1
add check-gateway=ping distance=2 gateway=2001:db8:2::1
add check-gateway=ping gateway=2001:db8:1::1 routing-table=to-wan1
add distance=2 gateway=2001:db8:2::1 routing-table=to-wan1
add check-gateway=ping gateway=2001:db8:2::1 routing-table=to-wan2
add distance=2 gateway=2001:db8:1::1 routing-table=to-wan2
