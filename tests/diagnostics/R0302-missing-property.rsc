/ip address
add address=192.0.2.2/24
/ip firewall nat
add action=dst-nat chain=dstnat dst-port=443 protocol=tcp
