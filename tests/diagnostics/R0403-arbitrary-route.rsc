# by RouterOS 6.49.10
/ip address
add address=192.0.2.2/24 interface=ether1
/ip route
add distance=1 gateway=192.0.2.1
add distance=1 gateway=192.0.2.3
