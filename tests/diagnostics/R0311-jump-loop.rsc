/ip firewall mangle
add action=jump chain=prerouting jump-target=a
add action=jump chain=a jump-target=b
add action=jump chain=b jump-target=a
