# Every other new connection takes the second uplink.
/ip address
add address=100.64.1.2/24 interface=ether1
add address=100.64.2.2/24 interface=ether2
add address=192.168.88.1/24 interface=ether3
/routing table
add fib name=to-wan1
add fib name=to-wan2
/ip route
add gateway=100.64.1.1
add gateway=100.64.1.1 routing-table=to-wan1
add gateway=100.64.2.1 routing-table=to-wan2
/ip firewall mangle
add action=mark-connection chain=prerouting connection-mark=no-mark connection-state=new dst-address-type=!local \
    in-interface=ether3 new-connection-mark=wan1 nth=2,1
add action=mark-connection chain=prerouting connection-mark=no-mark connection-state=new dst-address-type=!local \
    in-interface=ether3 new-connection-mark=wan2
add action=mark-routing chain=prerouting connection-mark=wan1 in-interface=ether3 new-routing-mark=to-wan1 \
    passthrough=no
add action=mark-routing chain=prerouting connection-mark=wan2 in-interface=ether3 new-routing-mark=to-wan2 \
    passthrough=no
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
