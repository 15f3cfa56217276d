# What names a refused item is not at fault.
/interface bridge
add name=lan vlan-filtering=yes
/interface bridge port
add bridge=lan interface=ether2
/ip firewall address-list
add list=blocked address=192.0.2.7 dynamic=yes
/ip firewall nat
add chain=srcnat action=jump jump-target=out
add chain=out action=masquerade dst-address-list=blocked packet-size=1500
