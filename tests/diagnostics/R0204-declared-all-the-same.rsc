# Every value that is not known is reported, and what names the items is not at fault.
/interface bridge
add name=lan comment=$comment mtu=$mtu
/interface bridge port
add bridge=lan interface=ether2
