# A server in the LAN is reached by both uplinks. Connections from outside are marked by the uplink that they came
# in by, and the mark leads the server's answers back out there.
/interface bridge
add name=lan protocol-mode=none
/interface bridge port
add bridge=lan interface=ether3
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
/ip address
add address=100.64.1.2/24 interface=ether1
add address=100.64.2.2/24 interface=ether2
add address=192.168.88.1/24 interface=lan
/routing table
add fib name=to-wan1
add fib name=to-wan2
/ip route
add gateway=100.64.1.1
add gateway=100.64.1.1 routing-table=to-wan1
add gateway=100.64.2.1 routing-table=to-wan2
/ip firewall mangle
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether1 new-connection-mark=wan1
add action=mark-connection chain=prerouting connection-mark=no-mark in-interface=ether2 new-connection-mark=wan2
add action=mark-routing chain=prerouting connection-mark=wan1 in-interface=lan new-routing-mark=to-wan1
add action=mark-routing chain=prerouting connection-mark=wan2 in-interface=lan new-routing-mark=to-wan2
/ip firewall nat
add action=dst-nat chain=dstnat dst-address-type=local dst-port=8080 in-interface-list=WAN protocol=tcp \
    to-addresses=192.168.88.11 to-ports=80
add action=dst-nat chain=dstnat dst-address-type=local dst-port=8080 in-interface-list=WAN protocol=udp \
    to-addresses=192.168.88.11 to-ports=80
add action=masquerade chain=srcnat out-interface-list=WAN
