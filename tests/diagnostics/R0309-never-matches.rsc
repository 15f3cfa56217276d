/interface bridge
add name=lan protocol-mode=none
/interface bridge port
add bridge=lan interface=ether2
/ip firewall mangle
add action=accept chain=prerouting in-interface=ether2
add action=accept chain=prerouting in-interface=*8
