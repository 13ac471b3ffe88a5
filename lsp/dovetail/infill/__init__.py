"""llama.cpp's `/infill` on the loopback interface, for editors' plugins that speak that and no LSP.

See `README.md` in this folder.
"""

LOOPBACK = "127.0.0.1"
# The token that questions must bear, if this variable of the environment names one.
TOKEN_VARIABLE = "DOVETAIL_INFILL_TOKEN"
