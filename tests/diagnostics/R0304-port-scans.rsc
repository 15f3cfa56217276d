/ip address
add address=192.0.2.2/24 interface=ether1
/ip firewall filter
add action=drop chain=input comment="port scans" in-interface=ether1 psd=21,3s,3,1
