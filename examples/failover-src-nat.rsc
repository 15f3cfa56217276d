# A primary and a backup uplink. Behind the first connections keep a fixed address (src-nat), behind the second they
# get that of the interface (masquerade).
/ip address
add address=100.64.1.2/24 interface=ether1
add address=100.64.2.2/24 interface=ether2
add address=192.168.88.1/24 interface=ether3
/ip route
add distance=1 gateway=100.64.1.1
add distance=2 gateway=100.64.2.1
/ip firewall nat
add action=src-nat chain=srcnat out-interface=ether1 to-addresses=100.64.1.2
add action=masquerade chain=srcnat out-interface=ether2
