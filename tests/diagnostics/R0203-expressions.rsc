[$setup]
($helper->"run")
