:execute "/ip route print"
:local text [:serialize to=json value={1;2}]
