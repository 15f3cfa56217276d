/ip firewall address-list
add address=www.example.com list=sites
add address=192.0.2.7 list=sites
add address=mail.example.com list=sites
# No rule looks into this list.
add address=www.example.com list=others
/ipv6 firewall address-list
add address=www.example.com list=sites
/ip firewall filter
add action=drop chain=forward dst-address-list=sites
/ipv6 firewall filter
add action=drop chain=forward dst-address-list=sites
