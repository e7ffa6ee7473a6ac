accounts = []
