:local digest [:convert transform=md5 "text"]
:local lines [:serialize to=json options=json.pretty value={1;2}]
