/ip address
add address=192.0.2.2/24 interface=ether1
add address=203.0.113.1/24 interface=ether2
/ip route
add gateway=ether3,ether4
add dst-address=198.51.100.0/24 gateway=192.0.2.1,192.0.2.9
/rosc fastpath
set enabled=yes
