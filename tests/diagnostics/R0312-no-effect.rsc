/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1 to-addresses=192.0.2.2
add action=accept chain=dstnat dst-port=80 protocol=tcp to-ports=8080
/ip firewall mangle
add action=mark-connection chain=prerouting in-interface=ether1 new-connection-mark=a new-routing-mark=b
add action=accept chain=prerouting connection-mark=a jump-target=other passthrough=no
