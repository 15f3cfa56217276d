/ip address
add address=192.0.2.2/24 interface=ether1
/routing table
add fib name=wan1
/ip route
add gateway=192.0.2.1 routing-table=wan1
/routing rule
add action=lookup min-prefix=0 src-address=198.51.100.0/24 table=wan1
