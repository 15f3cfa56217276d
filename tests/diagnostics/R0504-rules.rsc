/ip address
add address=192.0.2.2/24 interface=ether1
add address=203.0.113.1/24 interface=ether2
/ip route
add gateway=192.0.2.1
/ip firewall filter
add action=drop chain=input protocol=tcp
add action=jump chain=forward jump-target=guarded
add action=drop chain=guarded protocol=udp
/ip firewall mangle
add action=change-dscp chain=postrouting new-dscp=10 out-interface=ether1
/rosc fastpath
set enabled=yes
