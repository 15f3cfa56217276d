/ip address
add address=192.0.2.2/24 interface=ether1
/ip firewall nat
add action=masquerade chain=scrnat out-interface=ether1
