:local gateways {192.0.2.1;192.0.2.9}
:local weight ([:len $gateways] / ([:len $gateways] - 2))
:global distanceOf do={
  :return ($1 + "far")
}
:foreach gateway in=$gateways do={
  /ip route add gateway=$gateway distance=[$distanceOf 1]
}
:if ([:len $gateways]) do={ :put yes }
:set uplink 1
