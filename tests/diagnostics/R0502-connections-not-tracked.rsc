/ip firewall connection tracking set enabled=no tcp-established-timeout=60d
/ip address add address=192.0.2.2/24 interface=ether1
/ip firewall nat add action=masquerade chain=srcnat out-interface=ether1
