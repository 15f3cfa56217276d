# Goes after three-wan-ecmp.rsc: by routing marks, which come before the routing rules, web traffic and a list of
# destinations take the balanced table.
/ip firewall address-list
add address=203.0.113.0/24 list=offices
add address=198.51.100.0-198.51.100.63 list=offices
/ip firewall mangle
add action=mark-routing chain=prerouting dst-address-type=!local dst-port=443 new-routing-mark=ecmp protocol=tcp
add action=mark-routing chain=prerouting dst-address-list=offices dst-address-type=!local new-routing-mark=ecmp \
    src-address=192.168.88.0/24
