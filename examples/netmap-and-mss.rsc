# Two sites with the same addresses: each sees the other under a prefix of its own, one address for one. The tunnel
# between them is narrow, so TCP connections agree on smaller segments.
/ip address
add address=192.0.2.1/30 interface=ether1
add address=192.168.88.1/24 interface=ether2
/ip route
add dst-address=10.2.0.0/24 gateway=192.0.2.2
/ip firewall nat
add action=netmap chain=srcnat out-interface=ether1 src-address=192.168.88.0/24 to-addresses=10.1.0.0/24
add action=netmap chain=dstnat dst-address=10.1.0.0/24 in-interface=ether1 to-addresses=192.168.88.0/24
/ip firewall mangle
add action=change-mss chain=forward new-mss=1360 out-interface=ether1 protocol=tcp tcp-flags=syn tcp-mss=1361-65535
add action=change-mss chain=forward in-interface=ether1 new-mss=clamp-to-pmtu protocol=tcp tcp-flags=syn
