/ip address
add address=192.0.2.2/24 interface=ether1
/ip route
add check-gateway=ping gateway=192.0.2.1
