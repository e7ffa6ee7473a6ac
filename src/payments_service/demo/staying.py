def stay(stack, screen): pass
