"""From three commits to seven answers: what a pull request changes, and what follows from it.

The same code serves the service (a forge behind it) and `python -m bot check` (a local Git
checkout): it reads commits through the narrow `Reader` protocol and is told about people.
"""
