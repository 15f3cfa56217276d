/interface list
add name=WAN
add name=LAN
:local name LAN
set [find where name=$name] comment="inside"
