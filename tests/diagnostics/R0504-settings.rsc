/ip address
add address=192.0.2.2/24 interface=ether1
add address=203.0.113.1/24 interface=ether2
/ipv6 address
add address=2001:db8:1::2/64 advertise=no interface=ether1
/routing table
add fib name=other
/ip route
add gateway=192.0.2.1,192.0.2.9 routing-table=other
/ip settings
set accept-redirects=yes ip-forward=no ipv4-multipath-hash-policy=l3-inner rp-filter=loose
/ipv6 settings
set accept-redirects=yes disable-ipv6=yes forward=no
/rosc fastpath
set enabled=yes
