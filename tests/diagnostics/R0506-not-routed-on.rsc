/interface bridge
add name=lan protocol-mode=none
/interface bridge port
add bridge=lan interface=ether3
/interface list
add name=spare
/interface list member
add interface=ether4 list=spare
/ip address
add address=192.0.2.2/24 interface=ether1
add address=203.0.113.1/24 interface=lan
/rosc fastpath
set enabled=auto interfaces=ether1,ether3,ether4
