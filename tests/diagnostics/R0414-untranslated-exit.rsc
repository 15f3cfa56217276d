# The second uplink was added later, and masquerade still knows the first one only.
/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
add address=192.168.88.1/24 interface=ether3
add address=10.20.0.1/24 interface=ether4
/routing table
add fib name=wan2
/ip route
add gateway=198.51.100.1
add distance=2 gateway=203.0.113.1
add gateway=203.0.113.1 routing-table=wan2
/routing rule
add action=lookup src-address=203.0.113.2/32 table=wan2
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
