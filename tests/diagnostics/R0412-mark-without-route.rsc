# The mark of the third rule leads to a table without a route; that of the second to one that has some.
/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
/routing table
add fib name=to-wan2
add fib name=to-wan-2
/ip route
add gateway=203.0.113.1 routing-table=to-wan2
/ip firewall mangle
add action=mark-routing chain=prerouting dst-address-type=!local in-interface=ether3 new-routing-mark=to-wan2
add action=mark-routing chain=prerouting dst-address-type=!local in-interface=ether4 new-routing-mark=to-wan-2
