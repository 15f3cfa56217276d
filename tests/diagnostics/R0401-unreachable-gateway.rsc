/ip address
add address=198.51.100.2/30 interface=ether1
/ip route
add gateway=192.0.2.1
