:local numbers [:range 1 1000000000]
