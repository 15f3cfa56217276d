/ip route
add dst-address=203.0.113.0/24 gateway=2001:db8::1
