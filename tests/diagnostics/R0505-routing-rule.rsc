/ip address
add address=192.0.2.2/24 interface=ether1
add address=203.0.113.1/24 interface=ether2
/ip route
add gateway=192.0.2.1,192.0.2.9
/routing rule
add action=lookup min-prefix=0 table=main
add action=drop dst-address=198.18.0.0/15
/rosc fastpath
set enabled=yes
