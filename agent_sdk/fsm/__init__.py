"""FSM Apps: apps whose state is a finite-state machine, replicated by operators.

`spec` loads and writes them, `check` finds what is wrong, `compose` chains them, `graph` draws
them, `lint` finds what would differ between operators, `table` packs them for the chain.
"""
