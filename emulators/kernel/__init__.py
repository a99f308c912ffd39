"""What every emulated service stands on: HTTP, errors, tokens, certificates, time, storage of state, child processes.

The kernel knows no service. Services import the kernel and never one another: they meet over HTTP, as in Azure.
"""
