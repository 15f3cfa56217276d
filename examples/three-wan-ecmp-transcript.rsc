[admin@edge] > /ip address
[admin@edge] /ip/address> add address=172.16.5.2/24 interface=ether1
[admin@edge] /ip/address> add address=172.16.6.2/24 interface=ether2
[admin@edge] /ip/address>add address=172.16.7.2/24 interface=ether3
[admin@edge] /ip/address> add address=192.168.88.1/24 interface=ether4
[admin@edge] /ip/address> /routing/table
[admin@edge] /routing/table> add disabled=no fib name=ecmp
[admin@edge] /routing/table> /ip route
[admin@edge] /ip/route> add disabled=no gateway=172.16.5.254 routing-table=ecmp
[admin@edge] /ip/route> add disabled=no gateway=172.16.6.254 routing-table=ecmp
[admin@edge] /ip/route> add disabled=no gateway=172.16.7.254 routing-table=ecmp
[admin@edge] /ip/route> print
Flags: D - DYNAMIC; A - ACTIVE; c - CONNECT, s - STATIC; + - ECMP
Columns: DST-ADDRESS, GATEWAY, DISTANCE
#     DST-ADDRESS      GATEWAY       DISTANCE
DAc   172.16.5.0/24    ether1               0
DAc   172.16.6.0/24    ether2               0
DAc   172.16.7.0/24    ether3               0
DAc   192.168.88.0/24  ether4               0
0 As+ 0.0.0.0/0        172.16.5.254         1
1 As+ 0.0.0.0/0        172.16.6.254         1
2 As+ 0.0.0.0/0        172.16.7.254         1
[admin@edge] /ip/route> /routing rule
[admin@edge] /routing/rule> add action=lookup disabled=no src-address=192.168.88.0/24 table=ecmp
[admin@edge] /routing/rule> add action=lookup table=main min-prefix=0
[admin@edge] /routing/rule> print
Flags: X - disabled, I - inactive
0   src-address=192.168.88.0/24 action=lookup table=ecmp
1   action=lookup table=main min-prefix=0
[admin@edge] /routing/rule> move 1 0
[admin@edge] /routing/rule> /ip settings set ipv4-multipath-hash-policy=l4
[admin@edge] /routing/rule> /ip firewall nat
[admin@edge] /ip/firewall/nat> add action=masquerade out-interface=ether1 chain=srcnat
[admin@edge] /ip/firewall/nat> add action=masquerade out-interface=ether2 chain=srcnat
[admin@edge] /ip/firewall/nat> add action=masquerade out-interface=ether3 chain=srcnatr
