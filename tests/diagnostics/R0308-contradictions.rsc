/ip firewall nat
add action=dst-nat chain=dstnat dst-port=443 to-addresses=192.168.88.10
/ip address
add address=192.0.2.2/24 interface=ether1 network=198.51.100.0
/routing rule
add action=lookup dst-address=2001:db8::/32 src-address=192.0.2.0/24 table=main
