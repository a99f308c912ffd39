"""`python -m drydock` is the `drydock` command."""

from drydock.main import main

if __name__ == "__main__":
    main()
