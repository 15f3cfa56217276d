:global wan "ether1"
:foreach i in=[/ip route find] do={
  /ip route disable $i
}
