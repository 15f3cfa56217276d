# The three marks of RouterOS are independent: connection, packet and routing mark on the same packet, one set over
# the other, none of them touching the others.
/ip address
add address=100.64.1.2/24 interface=ether1
add address=100.64.2.2/24 interface=ether2
add address=192.168.88.1/24 interface=ether3
/routing table
add fib name=to-wan2
/ip route
add gateway=100.64.1.1
add gateway=100.64.2.1 routing-table=to-wan2
/ip firewall mangle
add action=mark-connection chain=prerouting connection-mark=no-mark dst-address-type=!local in-interface=ether3 \
    new-connection-mark=from-lan
add action=mark-packet chain=prerouting dst-port=443 in-interface=ether3 new-packet-mark=first protocol=udp
add action=mark-routing chain=prerouting connection-mark=from-lan in-interface=ether3 new-routing-mark=to-wan2
add action=mark-packet chain=prerouting dst-port=443 in-interface=ether3 new-packet-mark=second protocol=udp
add action=passthrough chain=forward comment="packet mark" packet-mark=second
add action=passthrough chain=forward comment="routing mark" routing-mark=to-wan2
add action=passthrough chain=forward comment="connection mark" connection-mark=from-lan
add action=passthrough chain=forward comment="no packet mark" in-interface=ether3 packet-mark=no-mark
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
