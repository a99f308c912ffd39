"""From source to cloud: read the factory and the notebooks, set what differs per environment, deploy.

The same code deploys to the local cloud and to Azure; which one it is, only the environment's file knows.
"""
