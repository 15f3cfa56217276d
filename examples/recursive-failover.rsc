# A primary and a backup default route. Their gateways are hosts beyond the providers, reached through them
# (scope=10), so that a provider whose link is up but whose network is down is noticed.
/ip address
add address=198.51.100.2/30 interface=ether1
add address=203.0.113.2/30 interface=ether2
add address=192.168.88.1/24 interface=ether4
/ip route
add comment="probe of the first provider" dst-address=192.0.2.53 gateway=198.51.100.1 scope=10
add comment="probe of the second provider" dst-address=192.0.2.153 gateway=203.0.113.1 scope=10
add check-gateway=ping distance=1 gateway=192.0.2.53 target-scope=11
add check-gateway=ping distance=2 gateway=192.0.2.153 target-scope=11
/ip firewall nat
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat out-interface=ether2
