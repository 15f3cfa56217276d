/ip address
add address=192.0.2.2/24 interface=ether1
/routing table
add fib name=wan2
/ip route
add gateway=192.0.2.1 routing-mark=wan2
