"""Serves one GGUF with llama.cpp's own HTTP server until standard input closes.

Usage: llama_server.py GGUF PORT ALIAS. Started by `cargo xtask`, which holds the other end of standard
input: when xtask goes, however it goes, the pipe closes and this process goes with it.
"""

import os
import sys

import xllamacpp

gguf, port, alias = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = gguf
params.model_alias = {alias}
params.port = int(port)
params.n_ctx = 4096
params.n_parallel = 1
# Two threads on shared cores wait for each other and are slower than one.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print("serving", server.listening_address, flush=True)
sys.stdin.buffer.read()
# The server's threads have nothing to save, and its orderly end waits for open streams.
os._exit(0)
