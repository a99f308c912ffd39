"""The local cloud as a whole: every emulated service, wired to the others by address, in one process.

This is the only room that knows several services. It holds no behaviour of any of them: settings in, addresses out.
`local.LocalCloud` is its door; importing the package itself loads no service.
"""
