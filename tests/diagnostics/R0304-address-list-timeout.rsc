/ip firewall address-list
add address=192.0.2.7 list=guests timeout=1h
add address=192.0.2.8 list=guests timeout=1d00:10:00
/ip firewall filter
add action=accept chain=forward src-address-list=guests
