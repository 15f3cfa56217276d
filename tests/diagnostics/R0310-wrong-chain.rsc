/routing table
add fib name=wan2
/ip firewall mangle
add action=mark-routing chain=forward new-routing-mark=wan2
add action=accept chain=prerouting out-interface=ether1
/ip firewall nat
add action=masquerade chain=dstnat
