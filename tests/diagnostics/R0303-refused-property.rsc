/ip firewall mangle
add action=mark-packet chain=forward limit=10,5:packet new-packet-mark=few
/ip firewall address-list
add address=192.0.2.7 dynamic=yes list=sites
