print("tenbin")
