:global required do={
  :if ([:len $1] = 0) do={ :error "no uplink given" }
  :return $1
}
:onerror message in={ :put [$required ""] } do={ :put $message }
:put [$required ""]
