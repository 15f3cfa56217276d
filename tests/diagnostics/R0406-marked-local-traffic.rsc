/routing table
add fib name=wan2
/ip firewall mangle
add action=mark-routing chain=prerouting dst-port=443 new-routing-mark=wan2 protocol=tcp
