# All packets of the guests go to a table that knows one network.
/ip address
add address=203.0.113.2/30 interface=ether2
/routing table
add fib name=guests
/ip route
add dst-address=192.0.2.0/24 gateway=203.0.113.1 routing-table=guests
/ip firewall mangle
add action=mark-routing chain=prerouting dst-address-type=!local in-interface=ether4 new-routing-mark=guests
