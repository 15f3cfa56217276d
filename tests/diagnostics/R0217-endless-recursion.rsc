:global down do={
  :global down
  :return [$down ($1 + 1)]
}
:put [$down 1]
