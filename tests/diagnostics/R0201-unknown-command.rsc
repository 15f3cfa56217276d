/ip route
ad gateway=192.0.2.1
delete 0
