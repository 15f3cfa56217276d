/ipv6 route
add gateway=ether1,ether2
