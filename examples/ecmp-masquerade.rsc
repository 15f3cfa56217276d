# One route with two gateways, and a list of interfaces behind whose addresses everything hides.
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
/ip settings
set ipv4-multipath-hash-policy=l4
/ip route
add gateway=100.64.1.1,100.64.2.1
/ip firewall nat
add action=masquerade chain=srcnat out-interface-list=WAN
