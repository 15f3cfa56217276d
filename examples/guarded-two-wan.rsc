# Two uplinks with failover, and a firewall of both families: what comes in is known or asked for, guests stay out of
# the LAN, and whoever knocks at the wrong door of the router is told so, though not too often.
/interface bridge
add name=lan protocol-mode=none
/interface bridge port
add bridge=lan interface=ether3
/interface list
add name=WAN
add name=INSIDE
/interface list member
add interface=ether1 list=WAN
add interface=ether2 list=WAN
add interface=lan list=INSIDE
add interface=ether4 list=INSIDE
/ip address
add address=100.64.1.2/24 interface=ether1
add address=100.64.2.2/24 interface=ether2
add address=192.168.88.1/24 interface=lan
add address=192.168.99.1/24 comment=guests interface=ether4
/ipv6 address
add address=2001:db8:1::2/64 advertise=no interface=ether1 no-dad=yes
add address=2001:db8:88::1/64 advertise=no interface=lan no-dad=yes
/ip route
add check-gateway=ping distance=1 gateway=100.64.1.1
add check-gateway=ping distance=2 gateway=100.64.2.1
/ipv6 route
add gateway=2001:db8:1::1
/ip firewall address-list
add address=192.168.88.0/24 list=admins
add address=0.0.0.0/8 list=bogons
add address=127.0.0.0/8 list=bogons
add address=240.0.0.0/4 list=bogons
/ip firewall raw
add action=drop chain=prerouting comment="nobody sends from there" in-interface-list=WAN src-address-list=bogons
add action=notrack chain=prerouting comment="large and harmless" dst-port=514 in-interface=lan protocol=udp
/ip firewall filter
add action=accept chain=input connection-state=established,related,untracked
add action=drop chain=input connection-state=invalid
add action=jump chain=input jump-target=messages protocol=icmp
add action=accept chain=input dst-port=22,8291 protocol=tcp src-address-list=admins
add action=accept chain=input dst-port=53 in-interface-list=INSIDE protocol=udp
add action=reject chain=input dst-port=53,80,443 in-interface-list=INSIDE protocol=tcp reject-with=tcp-reset
add action=reject chain=input comment="the neighbours are told" in-interface-list=INSIDE \
    reject-with=icmp-admin-prohibited
add action=drop chain=input log=yes log-prefix=input
add action=accept chain=messages icmp-options=8:0 packet-size=0-1500 protocol=icmp
add action=accept chain=messages icmp-options=3:0-255 protocol=icmp
add action=accept chain=messages icmp-options=11:0 protocol=icmp
add action=drop chain=messages
add action=fasttrack-connection chain=forward connection-state=established,related hw-offload=yes
add action=accept chain=forward connection-state=established,related,untracked
add action=drop chain=forward connection-state=invalid
add action=drop chain=forward comment="guests stay out" in-interface=ether4 out-interface=lan
add action=drop chain=forward connection-nat-state=!dstnat connection-state=new in-interface-list=WAN
add action=reject chain=output comment="no plain mail from here" dst-port=25 protocol=tcp reject-with=tcp-reset
/ip firewall mangle
add action=change-dscp chain=forward dst-port=5060 new-dscp=46 protocol=udp
add action=change-ttl chain=postrouting new-ttl=set:64 out-interface-list=WAN
/ip firewall nat
add action=dst-nat chain=dstnat dst-port=8443 in-interface-list=WAN protocol=tcp to-addresses=192.168.88.10 to-ports=443
add action=masquerade chain=srcnat out-interface-list=WAN randomise-ports=yes
/ipv6 firewall filter
add action=accept chain=input protocol=icmpv6
add action=accept chain=input connection-state=established,related
add action=drop chain=input in-interface-list=WAN
add action=accept chain=forward connection-state=established,related
add action=accept chain=forward hop-limit=greater-than:1 icmp-options=128:0-255 protocol=icmpv6
add action=reject chain=forward in-interface-list=WAN reject-with=icmp-admin-prohibited
