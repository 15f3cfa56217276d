/ip address
add address=198.51.100.2/30 interface=ether1
/ip route
add gateway=198.51.100.1
/ip firewall mangle
add action=mark-packet chain=output new-packet-mark=own
add action=accept chain=forward packet-mark=own
