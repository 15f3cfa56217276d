/ip firewall mangle
add action=jump chain=prerouting jump-target=forward
add action=passthrough chain=forward
