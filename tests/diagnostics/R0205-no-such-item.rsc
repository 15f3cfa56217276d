/interface list
add name=WAN
set WAN2 comment="uplinks"
/ip route
remove 3
