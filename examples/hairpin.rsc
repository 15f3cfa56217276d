# A server in the LAN is reached under the public address from outside and from the LAN itself. For the latter the
# router puts its own address in as source, so that the answers come back through it.
/interface bridge
add name=lan protocol-mode=none
/interface bridge port
add bridge=lan interface=ether3
/ip address
add address=100.64.1.2/24 interface=ether1
add address=192.168.88.1/24 interface=lan
/ip route
add gateway=100.64.1.1
/ip firewall nat
add action=dst-nat chain=dstnat dst-address=!192.168.88.1 dst-address-type=local dst-port=8080 protocol=tcp \
    to-addresses=192.168.88.11 to-ports=80
add action=masquerade chain=srcnat out-interface=ether1
add action=masquerade chain=srcnat dst-address=192.168.88.0/24 src-address=192.168.88.0/24
