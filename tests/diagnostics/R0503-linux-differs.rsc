/interface bridge
add name=lan protocol-mode=rstp
/ip address
add address=192.0.2.2/24 interface=ether1
/ip route
add gateway=192.0.2.1
add blackhole
