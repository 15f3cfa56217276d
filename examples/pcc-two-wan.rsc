# Two uplinks, divided by connection: a classifier marks each new connection of the LAN for one of them, and
# connections from outside for the one that they came in by. The mark leads every packet of the connection.
/interface bridge
add name=bridge1 protocol-mode=none
/interface bridge port
add bridge=bridge1 interface=ether3
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
add address=192.168.88.1/24 interface=bridge1
/routing table
add fib name=to-wan1
add fib name=to-wan2
/ip firewall mangle
# The networks of the uplinks themselves are reached directly.
add action=accept chain=prerouting dst-address=198.51.100.0/30 in-interface=bridge1
add action=accept chain=prerouting dst-address=203.0.113.0/30 in-interface=bridge1
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether1 new-connection-mark=wan1
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether2 new-connection-mark=wan2
add action=mark-connection chain=prerouting connection-mark=no-mark dst-address-type=!local in-interface=bridge1 \
    new-connection-mark=wan1 per-connection-classifier=both-addresses-and-ports:2/0
add action=mark-connection chain=prerouting connection-mark=no-mark dst-address-type=!local in-interface=bridge1 \
    new-connection-mark=wan2 per-connection-classifier=both-addresses-and-ports:2/1
add action=mark-routing chain=prerouting connection-mark=wan1 in-interface=bridge1 new-routing-mark=to-wan1
add action=mark-routing chain=prerouting connection-mark=wan2 in-interface=bridge1 new-routing-mark=to-wan2
# Answers of the router itself.
add action=mark-routing chain=output connection-mark=wan1 new-routing-mark=to-wan1
add action=mark-routing chain=output connection-mark=wan2 new-routing-mark=to-wan2
/ip firewall nat
add action=masquerade chain=srcnat out-interface-list=WAN
add action=dst-nat chain=dstnat dst-port=8443 in-interface-list=WAN protocol=tcp to-addresses=192.168.88.10 to-ports=443
/ip route
add check-gateway=ping gateway=198.51.100.1
add check-gateway=ping distance=2 gateway=203.0.113.1
add check-gateway=ping gateway=198.51.100.1 routing-table=to-wan1
add distance=2 gateway=203.0.113.1 routing-table=to-wan1
add check-gateway=ping gateway=203.0.113.1 routing-table=to-wan2
add distance=2 gateway=198.51.100.1 routing-table=to-wan2
