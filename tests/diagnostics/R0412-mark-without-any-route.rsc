# Nothing is near the name that is meant.
/routing table
add fib name=office
/ip firewall mangle
add action=mark-routing chain=prerouting dst-address-type=!local in-interface=ether3 new-routing-mark=office
