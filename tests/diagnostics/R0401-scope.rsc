# Converted from version 6, where target-scope=10 was enough.
/ip address
add address=198.51.100.2/30 interface=ether1
/ip route
add dst-address=192.0.2.53/32 gateway=198.51.100.1 scope=10
add gateway=192.0.2.53
