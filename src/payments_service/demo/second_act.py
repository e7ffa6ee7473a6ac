second_act = []
