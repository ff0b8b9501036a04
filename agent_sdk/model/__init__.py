"""The formal definition of an agent, (S, D, A, T), as a model that runs.

| symbol | here |
|---|---|
| S = (c, h, b), B | `state`: `State`, `Context`, `History`, `Funds`; `Chain` |
| D, r_t | `runs.Answer`: what a provider delivers, whatever engine it asked |
| A, A_ss | `actions.ACTIONS`, `actions.SELF_SCHEDULING` |
| T | `transition.on_inference` |
| A_t, L_t, U_t | `liberty.affordable`, `liberty.liberty`, `liberty.utility` |
| f | `evolution.apply` |

Pure: no network, no clock. What the EVM meters (`frame.Metered`) is given from outside.
docs/model.md maps each symbol to the contract's function; `make formal` compares both.
"""
