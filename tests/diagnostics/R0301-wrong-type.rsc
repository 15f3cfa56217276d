/ip address
add address=192.0.2.300/24 interface=ether1
/ip route
add dst-address=203.0.113.0/33 gateway=192.0.2.1 distance=many
/ip firewall mangle
add action=mark-connecton chain=prerouting connection-state=established,relatd new-connection-mark=x
