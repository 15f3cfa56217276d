/ip address
add address=192.0.2.2/24 interface=ether1
/routing table
add fib name=to-wan1
/ip route
add gateway=192.0.2.1 routing-table=to-wan
/routing rule
add action=lookup src-address=198.51.100.0/24 table=backup
/interface list
add name=WAN
/ip firewall nat
add action=masquerade chain=srcnat out-interface-list=WANS
add action=jump chain=dstnat jump-target=web
add action=accept chain=dstnat src-address-list=friends
/interface bridge port
add bridge=lan interface=ether2
