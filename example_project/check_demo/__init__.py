"""Plays what goes right and wrong with a sale, over real HTTP, as a browser would.

    python -m example_project.check_demo

Starts the demo on free ports with a directory and database of its own, controls its
sandbox, and looks at the pages through HTTP and at the rows through the database. One
line for each scenario, then a count; the exit status matches.
"""
