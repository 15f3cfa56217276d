/ip firewall service-port
set ftp disabled=yes
set sip disabled=no ports=5060
set sctp disabled=yes
