/routing table
add fib name=wan2
/ip address
add address=192.0.2.2/24 interface=ether1
/ip route
add gateway=192.0.2.1 routing-table=wan2
/ip firewall mangle
add action=mark-routing chain=prerouting dst-port=443 new-routing-mark=wan2 protocol=tcp
