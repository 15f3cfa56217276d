my router, as pasted from the terminal
/ip address add address=203.0.113.2/24 interface=ether9
[admin@edge] > /ip address
[admin@edge] /ip/address> add address=192.0.2.2/24 interface=ether1
add address=198.51.100.2/24 interface=ether2
[admin@edge] /ip/address> print
Columns: ADDRESS, NETWORK, INTERFACE
# ADDRESS       NETWORK    INTERFACE
0 192.0.2.2/24  192.0.2.0  ether1
