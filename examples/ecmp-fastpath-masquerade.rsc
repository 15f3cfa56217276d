# A router with three uplinks, of which the third is twice as wide, and hosts with private addresses. What leaves is translated
# to the address of its uplink, so a connection that moves to another one is lost. The fast path chooses the uplink of each
# connection and leaves the rest to the firewall: a change of the gateways moves none, whatever the kernel's own hash says.
/interface list
add name=WAN
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
add interface=ether3 list=WAN
/ip address
add address=192.0.2.2/29 interface=ether1
add address=192.0.2.10/29 interface=ether2
add address=192.0.2.18/29 interface=ether3
add address=192.168.88.1/24 interface=ether4
/ip route
add gateway=192.0.2.1,192.0.2.9,192.0.2.17,192.0.2.17
# Connections are told apart by addresses, protocol and ports.
/ip settings
set ipv4-multipath-hash-policy=l4
/ip firewall nat
add action=masquerade chain=srcnat out-interface-list=WAN
/ip firewall filter
add action=accept chain=forward connection-state=established,related
add action=accept chain=forward in-interface=ether4
add action=drop chain=forward
/rosc fastpath
set enabled=yes
