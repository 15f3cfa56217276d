:global ready false
:while ($ready = false) do={
  :delay 1s
}
