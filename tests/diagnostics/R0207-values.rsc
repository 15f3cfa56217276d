# The error says what needs the value, and says it once.
:local now [/system clock get time]
:local gateway [:resolve gw.example.com]
/ip address
add address=192.0.2.2/24 interface=ether1
/ip route
add gateway=$gateway comment="since $now"
:do { add gateway=[:resolve gw2.example.com] } on-error={ add gateway=192.0.2.1 }
