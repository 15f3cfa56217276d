/ip address
add address=192.0.2.2/24 interface=ether1 address=192.0.2.3/24
