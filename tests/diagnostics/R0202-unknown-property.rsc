/ip route
add dst-adress=203.0.113.0/24 gateway=192.0.2.1
