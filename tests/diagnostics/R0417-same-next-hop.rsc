# Two hosts are probed, but both beyond the first provider: nothing stands in for it.
/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
/ip route
add dst-address=192.0.2.53 gateway=198.51.100.1 scope=10
add dst-address=192.0.2.153 gateway=198.51.100.1 scope=10
add distance=1 gateway=192.0.2.53 target-scope=11
add distance=2 gateway=192.0.2.153 target-scope=11
