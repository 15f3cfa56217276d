/ipv6 address
add address=2001:db8:88::1/64 advertise=no interface=lan
add address=2001:db8:2::1/64 advertise=no interface=wan2
/ipv6 route
add dst-address=2001:db8:88::/65 gateway=wan2
add gateway=2001:db8:88::9
