# The backup uplink forwards a port, and nothing leads the answers back to it.
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
add address=192.168.88.1/24 interface=ether3
/ip route
add gateway=198.51.100.1
add distance=2 gateway=203.0.113.1
/ip firewall nat
add action=dst-nat chain=dstnat dst-port=443 in-interface-list=WAN protocol=tcp to-addresses=192.168.88.10
add action=masquerade chain=srcnat out-interface-list=WAN
