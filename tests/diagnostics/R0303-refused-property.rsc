/ip firewall mangle
add action=mark-packet chain=forward limit=10,5:packet new-packet-mark=few
/ip firewall address-list
add address=www.example.com list=sites
