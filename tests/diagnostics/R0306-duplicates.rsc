/ip address
add address=192.0.2.2/24 interface=ether1
add address=192.0.2.2/24 interface=ether1
/interface list
add name=WAN
add name=WAN
