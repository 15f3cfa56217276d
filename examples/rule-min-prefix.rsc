# One host of the LAN goes out by the second uplink or not at all; the others by the first. What main knows better
# than its default route comes first for everybody.
/interface bridge
add name=lan protocol-mode=none
/interface bridge port
add bridge=lan interface=ether3
/ip address
add address=100.64.1.2/24 interface=ether1
add address=100.64.2.2/24 interface=ether2
add address=192.168.88.1/24 interface=lan
/routing table
add fib name=to-wan2
/ip route
add gateway=100.64.1.1
add comment="second uplink" gateway=100.64.2.1 routing-table=to-wan2
/routing rule
add action=lookup min-prefix=0 table=main
add action=lookup-only-in-table src-address=192.168.88.10/32 table=to-wan2
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
